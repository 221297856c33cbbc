#!/bin/sh
# Records the files beside this script from a cluster: CEPH_CONF names its configuration. It makes a namespace rbd/golden and leaves it there.
set -eu
cd "$(dirname "$0")"
export TZ=UTC0 LC_ALL=C
r() { rbd --log-to-stderr=false --err-to-stderr=false --pool=rbd --namespace=golden "$@"; }
write() { # write IMAGE OFFSET:LENGTH[:0]...: at these offsets; 0 discards
  /usr/bin/python3 -c '
import sys, rados, rbd
c = rados.Rados(conffile=""); c.connect(); io = c.open_ioctx("rbd"); io.set_namespace("golden")
it = rbd.Image(io, sys.argv[1])
for each in sys.argv[2:]:
    at, length, *zero = [int(x) for x in each.split(":")]
    it.discard(at, length) if zero else it.write(b"A" * length, at)
' "$@"
}
hostile=$(printf 'a "b\\c\td é\n\001\177*€')
rbd namespace create rbd/golden
r --image=v create --size 64M
write v 0:4194304 4194304:65536 20971520:4096
r --image=v --snap=A snap create
write v 1048576:4096 4194304:4194304:0 29360128:512
r --image=v --snap="$hostile" snap create
r --image=v --snap=C snap create
r --image=striped create --size 32M --object-size 4M --stripe-unit 64K --stripe-count 4
write striped 0:1048576
r --image=striped --snap=A snap create
write striped 32768:131072 20971520:204800
r --image=striped --snap=B snap create
r --image="-$hostile" create --size 8M
r --group=-g group create
r --group=empty group create
rbd group image add -- rbd/golden/-g rbd/golden/v
rbd group image add -- "rbd/golden/-g" "rbd/golden/-$hostile"
r --group=-g --snap='s "1' group snap create
rbd --rbd-default-clone-format 2 clone rbd/golden/v@A rbd/golden/child
rbd --rbd-default-clone-format 2 clone rbd/golden/v@A rbd/golden/lost
rbd trash mv rbd/golden/lost
rbd --rbd-default-clone-format 2 clone rbd/golden/v@C rbd/golden/late-child
r --image=v --snap=C snap rm

j() { r "$@" --format=json; }
j --image=v info >info.json
j --image=child info >info-clone.json
j --image=striped info >info-striped.json
j --image="-$hostile" info >info-hostile.json
j --image=v snap ls --all >snap-ls.json
j --image=child snap ls --all >snap-ls-empty.json
j --image=v --snap="$hostile" --from-snap=A diff >diff.json
j --image=v --snap="$hostile" --from-snap=A diff --whole-object >diff-whole-object.json
j --image=v --snap=A --from-snap=A diff >diff-empty.json
j --image=striped --snap=B --from-snap=A diff >diff-striped.json
j --image=v children --all >children.json
j group ls >group-ls.json
j --group=-g group image ls >group-image-ls.json
j --group=nope group image ls >group-image-ls-missing.json
j --group=-g group snap ls >group-snap-ls.json
j --image=v status >status-idle.json
mkfifo hold; /usr/bin/python3 -c '
import sys, rados, rbd
c = rados.Rados(conffile=""); c.connect(); io = c.open_ioctx("rbd"); io.set_namespace("golden")
it = rbd.Image(io, "v")
open("hold").read()' &
while [ "$(j --image=v status)" = "$(cat status-idle.json)" ]; do sleep 0.1; done
j --image=v status >status.json
: >hold; rm hold; wait
