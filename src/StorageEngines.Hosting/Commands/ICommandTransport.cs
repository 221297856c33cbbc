namespace StorageEngines.Hosting;

/// <summary>A way to run commands on other hosts. Register one with the services to make addresses such as <c>zfs+NAME://host/…</c> work.</summary>
/// <remarks>Safe for use by several threads.</remarks>
public interface ICommandTransport
{
    /// <summary>What follows the <c>+</c> of an address, e.g. <c>ssh</c>: lower-case letters, digits and <c>-</c>.</summary>
    string Name { get; }

    /// <summary>Makes a runner for a host. Does no I/O.</summary>
    /// <param name="address">The address; only its user, host and port count.</param>
    /// <returns>A runner. If it can be disposed, the provider does so at its own end.</returns>
    /// <exception cref="ArgumentException">The address lacks something, such as the host.</exception>
    ICommandRunner Open(VolumeAddress address);
}
