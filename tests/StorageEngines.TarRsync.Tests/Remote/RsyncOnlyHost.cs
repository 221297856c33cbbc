using System.Globalization;
using System.Text;
using StorageEngines.Transport.Tests.Ssh;

namespace StorageEngines.TarRsync.Tests.Remote;

/// <summary>
/// A host, an sshd on the loopback address, where a login gets nothing but rsync: its search path holds that one program, and each command is written to a list.
/// Files in the folder make it misbehave: <c>limit</c> ends a connection after so many bytes, <c>stall</c> lets it hang after so many, <c>slow</c> lets it send so many KiB a second, <c>hook</c> is run
/// before a command, <c>missing</c> takes rsync away, <c>as-nobody</c> lets another user do the reading.
/// </summary>
public sealed class RsyncOnlyHost : SshServer
{
    protected override string MoreConfiguration => $"ForceCommand {Folder}/login";

    /// <summary>The commands that were run so far.</summary>
    public IReadOnlyList<string> Commands => File.Exists(At("commands")) ? File.ReadAllLines(At("commands")) : [];

    public override async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(At("path"));
        Directory.CreateDirectory(At("no-path"));
        if (File.Exists("/usr/bin/rsync"))
        {
            File.CreateSymbolicLink(Path.Combine(At("path"), "rsync"), "/usr/bin/rsync");
        }

        await File.WriteAllTextAsync(At("login"), $"""
            #!/bin/bash
            cd /
            printf '%s\n' "$SSH_ORIGINAL_COMMAND" >>{Folder}/commands
            if [ -e {Folder}/hook ]; then /bin/bash {Folder}/hook; fi
            export PATH={Folder}/path
            if [ -e {Folder}/missing ]; then PATH={Folder}/no-path; fi
            if [ -e {Folder}/as-nobody ]; then
                exec /usr/bin/setpriv --reuid=65534 --regid=65534 --clear-groups /bin/bash -c "$SSH_ORIGINAL_COMMAND"
            fi
            if [ -e {Folder}/slow ]; then
                exec /bin/bash -c "$(printf %s "$SSH_ORIGINAL_COMMAND" | /usr/bin/sed "s/--sender/--sender --bwlimit=$(<{Folder}/slow)/")"
            fi
            if [ -e {Folder}/limit ]; then
                /bin/bash -c "$SSH_ORIGINAL_COMMAND" | /usr/bin/dd bs=64k iflag=count_bytes count="$(<{Folder}/limit)" status=none
            elif [ -e {Folder}/stall ]; then
                /bin/bash -c "$SSH_ORIGINAL_COMMAND" | (/usr/bin/dd bs=64k iflag=count_bytes count="$(<{Folder}/stall)" status=none; exec /usr/bin/sleep 600)
            else
                exec /bin/bash -c "$SSH_ORIGINAL_COMMAND"
            fi
            """);
        Capture.EngineScratch.Run("chmod", "755", At("login"));
        await base.InitializeAsync();
    }

    public void Require()
    {
        SkipIfMissing();
        Assert.SkipUnless(File.Exists("/usr/bin/rsync"), "backend missing: rsync: not installed");
    }

    public void Misbehave(string how, long bytes) => File.WriteAllText(At(how), bytes.ToString(CultureInfo.InvariantCulture));

    public void Hook(string script) => File.WriteAllText(At("hook"), script, new UTF8Encoding(false));

    public void Behave()
    {
        foreach (string how in new[] { "limit", "stall", "hook", "slow", "missing", "as-nobody" })
        {
            File.Delete(At(how));
        }
    }

    private string At(string name) => Path.Combine(Folder, name);
}
