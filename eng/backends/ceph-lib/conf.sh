# Prints ceph.conf. What is not the default is for a quick start, for a cluster of one, and for tests whose cluster does not answer.
cat <<CONF
[global]
fsid = $fsid
mon_host = [v2:127.0.0.1:$port,v1:127.0.0.1:$((port + 1))]
mon_initial_members = a
public_network = 127.0.0.0/8
ms_bind_port_min = $((port + 2))
ms_bind_port_max = $((port + 49))
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
auth_allow_insecure_global_id_reclaim = false
run_dir = $run
admin_socket =
log_file = $run/log/\$name.log
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
osd_erasure_code_plugins =
paxos_propose_interval = 0.05
paxos_min_wait = 0.01
rbd_default_features = 61

[mon]
keyring = $run/mon.keyring
mon_data = $run/mon/a
mon_cluster_log_file = $run/log/cluster.log
mon_allow_pool_size_one = true
mon_allow_pool_delete = true
mon_warn_on_pool_no_redundancy = false
mon_data_avail_warn = 1
mon_data_avail_crit = 0

[osd]
keyring = $run/osd.keyring
osd_data = $run/osd
osd_journal =
osd_objectstore = $store
osd_class_load_list = *
osd_class_default_list = *
osd_op_num_shards = 2
osd_memory_target = 939524096
memstore_device_bytes = $bytes
bluestore_block_size = $bytes
bluestore_block_create = true
bdev_aio_poll_ms = 20
bluestore_fsck_on_mkfs = false
bluestore_fsck_on_mount = false
bluestore_cache_autotune = false
bluestore_cache_size = 67108864

[client]
log_file = /dev/null
client_mount_timeout = 15
rados_mon_op_timeout = 30
rados_osd_op_timeout = 60
objecter_tick_interval = 0.5
objecter_timeout = 1

[client.admin]
keyring = $run/admin.keyring

[client.seng-reader]
keyring = $run/seng-reader.keyring

[client.seng-nothing]
keyring = $run/seng-nothing.keyring
CONF
