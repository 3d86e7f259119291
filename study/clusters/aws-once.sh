#!/bin/sh
# aws-once.sh REGION: what cluster.yaml finds in an AWS account: a private bucket for results, a role for the head
# (it starts and ends nodes) and one for workers (they read and write that bucket and nothing else). Run it once.
set -eu
region=${1:?name a region, such as us-west-2}
name=shape-sequence-studies
account=$(aws sts get-caller-identity --query Account --output text)
bucket=$name-$account-$region
trusted='{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'
results='{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"],
    "Resource": ["arn:aws:s3:::'$bucket'", "arn:aws:s3:::'$bucket'/*"]}'
workers='{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::'$account':role/'$name'-worker"}'

if [ "$region" = us-east-1 ]; then
    aws s3api create-bucket --bucket "$bucket" --region "$region"
else
    aws s3api create-bucket --bucket "$bucket" --region "$region" \
        --create-bucket-configuration "LocationConstraint=$region"
fi
aws s3api put-public-access-block --bucket "$bucket" --public-access-block-configuration \
    BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true

make_role() { # ROLE STATEMENTS
    aws iam create-role --role-name "$1" --assume-role-policy-document "$trusted"
    aws iam put-role-policy --role-name "$1" --policy-name studies \
        --policy-document '{"Version": "2012-10-17", "Statement": ['"$2"']}'
    aws iam create-instance-profile --instance-profile-name "$1"
    aws iam add-role-to-instance-profile --instance-profile-name "$1" --role-name "$1"
}
make_role "$name-head" "$results, $workers"
make_role "$name-worker" "$results"
aws iam attach-role-policy --role-name "$name-head" --policy-arn arn:aws:iam::aws:policy/AmazonEC2FullAccess
echo "results will be in s3://$bucket/results"
