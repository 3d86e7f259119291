"""Clusters: what `ray up` and `sbatch` are given, and whether it will do. Nothing here is needed to run a study."""
