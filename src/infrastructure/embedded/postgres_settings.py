"""The configuration of the embedded PostgreSQL, for a small machine that is shared with other programs."""

from hashlib import sha256
from pathlib import Path

_TEMPLATE = """\
# Written by Trimtab at every start. Change settings with ALTER SYSTEM, which goes before this file.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{socket_folder}'
unix_socket_permissions = 0700
hba_file = '{data}/pg_hba.conf'
ident_file = '{data}/pg_ident.conf'
password_encryption = scram-sha-256
max_connections = 100

# An acknowledged command is on the disk.
fsync = on
synchronous_commit = on
full_page_writes = on
wal_level = replica
max_wal_senders = 2
wal_compression = on
min_wal_size = 128MB
max_wal_size = 1GB
checkpoint_timeout = 15min

shared_buffers = 128MB
effective_cache_size = 1GB
work_mem = 8MB
maintenance_work_mem = 64MB
random_page_cost = 1.1
# Our queries are short: compiling them costs more than running them.
jit = off
max_worker_processes = 8
max_parallel_workers_per_gather = 1
autovacuum_max_workers = 2
autovacuum_naptime = 30s
dynamic_shared_memory_type = posix

timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'iso, ymd'
log_destination = 'stderr'
log_min_messages = warning
log_checkpoints = off
log_line_prefix = ''
# Neither statements nor the values that broke a rule belong in a log: they may be somebody's positions.
log_min_error_statement = panic
log_error_verbosity = terse
cluster_name = '{cluster_name}'
"""


def cluster_name(data: Path) -> str:
    """What every process of the cluster in `data` carries in its title."""
    return f"trimtab-{sha256(str(data).encode()).hexdigest()[:16]}"


def configuration(*, data: Path, socket_folder: Path, port: int) -> str:
    """The text of `postgresql.conf`."""
    return _TEMPLATE.format(
        data=_quoted(data), socket_folder=_quoted(socket_folder), port=port, cluster_name=cluster_name(data)
    )


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
