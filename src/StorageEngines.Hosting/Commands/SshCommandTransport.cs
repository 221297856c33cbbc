using StorageEngines.Transport;

namespace StorageEngines.Hosting;

/// <summary>Addresses such as <c>zfs+ssh://root@host/tank</c>: commands over OpenSSH, with the user's own keys, configuration and known hosts.</summary>
internal sealed class SshCommandTransport(TimeProvider time) : ICommandTransport
{
    public string Name => "ssh";

    public ICommandRunner Open(VolumeAddress address)
        => new OpenSshCommandRunner(
            new SshOptions(address.Host ?? throw new ArgumentException($"'{address}' names no host.", nameof(address)))
            {
                User = address.User,
                Port = address.Port,
            },
            time);
}
