#!/usr/bin/env bash
# mlflow-server.sh FOLDER [ADDRESS [PORT]]: MLflow with a password, on this machine's private address, unless it runs.
#
# FOLDER keeps its databases, artifacts and log. The password is made here, once, and lies where MLflow's client looks
# (~/.mlflow/credentials). FOLDER/login.sh is for the login shell: where MLflow is, and how to see it from outside.
set -euo pipefail
umask 077
folder=$1
address=${2:-$(python -c 'import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.connect(("10.255.255.255", 1)); print(s.getsockname()[0])')}
port=${3:-5000}
mkdir -p "$folder" ~/.mlflow
random() { head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'; }

if [ ! -s ~/.mlflow/credentials ]; then
    printf '[mlflow]\nmlflow_tracking_username = admin\nmlflow_tracking_password = %s\n' "$(random)" > ~/.mlflow/credentials
fi
[ -s "$folder/secret" ] || random > "$folder/secret"
cat > "$folder/auth.ini" <<END
[mlflow]
default_permission = NO_PERMISSIONS
database_uri = sqlite:///$folder/users.db
admin_username = admin
auth_cache_ttl_seconds = 600
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
END
cat > "$folder/login.sh" <<END
export MLFLOW_TRACKING_URI=http://$address:$port
case \$- in *i*) echo "MLflow: $address:$port, user and password are in ~/.mlflow/credentials; from outside: ssh -L $port:$address:$port" ;; esac
END

if [ -s "$folder/process" ] && kill -0 "$(cat "$folder/process")" 2> /dev/null; then exit 0; fi
export MLFLOW_AUTH_CONFIG_PATH=$folder/auth.ini MLFLOW_FLASK_SERVER_SECRET_KEY MLFLOW_AUTH_ADMIN_PASSWORD MLFLOW_DISABLE_TELEMETRY=true
MLFLOW_FLASK_SERVER_SECRET_KEY=$(cat "$folder/secret")
MLFLOW_AUTH_ADMIN_PASSWORD=$(sed -n 's/^mlflow_tracking_password = //p' ~/.mlflow/credentials)
setsid nohup mlflow server --app-name basic-auth --host "$address" --port "$port" --workers 1 \
    --backend-store-uri "sqlite:///$folder/mlflow.db" --artifacts-destination "$folder/artifacts" \
    > "$folder/log.txt" 2>&1 < /dev/null &
echo $! > "$folder/process"

# Its first answer takes long: it makes its tables. A study asks once, and waits for seconds only.
python - "http://$address:$port/api/2.0/mlflow/experiments/search?max_results=1" "$folder/process" <<'END'
import base64, configparser, os, sys, time, urllib.request

url, number = sys.argv[1], int(open(sys.argv[2]).read())
credentials = configparser.ConfigParser(interpolation=None)
credentials.read(os.path.expanduser("~/.mlflow/credentials"))
password = credentials["mlflow"]["mlflow_tracking_password"]
header = {"Authorization": "Basic " + base64.b64encode(f"admin:{password}".encode()).decode()}
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
for _ in range(600):
    try:
        opener.open(urllib.request.Request(url, headers=header), timeout=60).read()
        break
    except OSError as error:
        reason = error
    os.kill(number, 0)  # raises if it has ended
    time.sleep(1)
else:
    sys.exit(f"MLflow's server does not answer: {reason}")
END
