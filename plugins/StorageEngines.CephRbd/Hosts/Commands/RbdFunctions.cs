using System.Globalization;
using System.Text;
using StorageEngines.RemoteShells;

namespace StorageEngines.CephRbd.Hosts.Commands;

/// <summary>
/// What a session's shell is told first: the functions that scripts are made of. They need a POSIX shell, coreutils, util-linux, and ceph-common with what it depends on. <c>rbd</c> takes names where
/// ids are meant, so that a script says which image it is about (<c>at</c>) and then whether the name still leads there (<c>same</c>, <c>named</c>).
/// </summary>
/// <remarks>
/// JSON is looked into for texts that cannot be in a name: within one, a quote has a backslash before it. The exit codes are those of <see cref="RbdExit"/>.
/// </remarks>
internal static class RbdFunctions
{
    /// <summary>A session for an engine with these settings.</summary>
    internal static ShellSetup For(CephRbdSettings settings) => new(CephRbdEngineFactory.SchemeName, string.Create(CultureInfo.InvariantCulture, $"""
        SENG_USER={Quote(settings.User)} SENG_CONF={Quote(settings.Configuration ?? "")} SENG_KEYRING={Quote(settings.Keyring ?? "")} SENG_TIMEOUT={settings.TimeoutSeconds} SENG_PARALLEL={settings.Parallel}
        SENG_LIB={Quote(Library)}
        SENG_PY={Quote(RbdProgram.Text)}
        export SENG_USER SENG_CONF SENG_KEYRING SENG_TIMEOUT SENG_PARALLEL SENG_LIB SENG_PY
        eval "$SENG_LIB"
        """));

    private const string Library = """
        # r OPTION... VERB...: rbd. What librbd logs would stand in the midst of what rbd says.
        r() {
          rbd --log-to-stderr=false --err-to-stderr=false --client-mount-timeout="$SENG_TIMEOUT" --rados-mon-op-timeout="$SENG_TIMEOUT" --rados-osd-op-timeout="$SENG_TIMEOUT" \
            --rbd-concurrent-management-ops="$SENG_PARALLEL" --name="$SENG_USER" ${SENG_CONF:+"--conf=$SENG_CONF"} ${SENG_KEYRING:+"--keyring=$SENG_KEYRING"} "$@"
        }
        # python: the interpreter that the program ceph beside rbd runs in, which has its modules. Another one may come first in the path, or be what python3 is.
        python() {
          c=$(command -v rbd) p=
          c=${c%/*}/ceph
          [ ! -r "$c" ] || read -r p <"$c"
          p=${p#'#!'} p=${p# } p=${p%% *}
          case $p in */python*) ;; *) p=/usr/bin/python3;; esac
          printf '%s' "$p"
        }
        # py WHAT ARGUMENT...: what rbd cannot tell, or only to who may write.
        py() {
          p=$(python)
          [ -x "$p" ] || { echo "$p: not found" >&2; exit 204; }
          "$p" -I -c "$SENG_PY" "$SENG_USER" "$SENG_CONF" "$SENG_KEYRING" "$SENG_TIMEOUT" "$SENG_PARALLEL" "$@"
        }
        # apart SCRIPT: runs it to its end, whatever becomes of the connection.
        apart() { setsid -w sh -c 'trap "" HUP INT TERM PIPE; eval "$SENG_LIB"; eval "$1"' sh "$1"; }
        # The functions below leave e alone, in which scripts keep an exit code.
        # at POOL NUMBER NAMESPACE IMAGE ID: what follows is about this image; without an image about what is in this pool.
        at() { P=$1 PN=$2 N=$3 I=$4 ID=$5; }
        # still: ends the script unless the pool's name is still that pool's.
        still() {
          n=$(py pool "$P") || exit
          [ "$n" = "$PN" ] || exit 200
        }
        in_pool() { r --pool="$P" ${N:+"--namespace=$N"} "$@"; }
        im() { in_pool --image="$I" "$@"; }
        byid() { in_pool --image-id="$ID" "$@"; }
        # there: ends the script unless the image is there, by whatever name.
        there() {
          m=$(byid info 2>&1 >/dev/null); q=$?
          [ "$q" = 0 ] || printf '%s\n' "$m" >&2
          case $q:$m in
            0:*) ;;
            2:*"couldn't connect"*) exit 2;;
            2:*) still; exit 201;;
            *) exit "$q";;
          esac
        }
        # same: ends the script unless the name is still that image's.
        same() {
          i=$(im info --format=json); q=$?
          case $q in
            0) i=${i#*',"id":"'}; [ "${i%%'"'*}" != "$ID" ] || return 0;;
            2) ;;
            *) exit "$q";;
          esac
          there
          exit 200
        }
        # snaps: reads the list of all snapshots into l.
        snaps() { l=$(byid snap ls --all --format=json) || { x=$?; there; exit "$x"; }; }
        # named NUMBER NAME CODE: ends the script unless the snapshot has that name, which is written as JSON has it; with the code if it is gone.
        named() {
          case $l in
            *"{\"id\":$1,\"name\":\"$2\","*) entry "$1";;
            *"{\"id\":$1,"*) exit 200;;
            *) exit "$3";;
          esac
        }
        # entry NUMBER: cuts what the list says of a snapshot into s.
        entry() {
          s=
          case $l in *"{\"id\":$1,"*) s=${l#*"{\"id\":$1,"}; s=${s%%',{"id":'*};; esac
        }

        """;

    // The shell is told ASCII only.
    private static string Quote(string text)
    {
        var quoted = new StringBuilder("'");
        foreach (byte b in Encoding.UTF8.GetBytes(text))
        {
            _ = b switch
            {
                (byte)'\'' => quoted.Append("'\\''"),
                >= 0x80 => quoted.Append("'\"$(printf '\\").Append(Convert.ToString(b, 8)).Append("')\"'"),
                _ => quoted.Append((char)b),
            };
        }

        return quoted.Append('\'').ToString();
    }
}
