namespace StorageEngines.Hosting;

/// <summary>Finds the runner for an address: this machine's, or one for the host that the address names.</summary>
/// <remarks>Safe for use by several threads. Runners live as long as the provider and are shared; nobody else disposes them.</remarks>
public interface ICommandRunnerProvider
{
    /// <summary>Gets the runner. Does no I/O; a host is contacted with the first command.</summary>
    /// <param name="address">The address; only its transport, user, host and port count.</param>
    /// <returns>The runner.</returns>
    /// <exception cref="StorageEngineException"><see cref="EngineStatus.InvalidArgument"/>: the transport is not known; the message lists those that
    /// are.</exception>
    ICommandRunner Get(VolumeAddress address);
}
