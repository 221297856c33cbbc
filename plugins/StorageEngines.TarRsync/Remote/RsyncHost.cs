namespace StorageEngines.TarRsync.Remote;

/// <summary>A machine that volumes are pulled from.</summary>
/// <param name="Name">Its name for messages, e.g. <c>user@host</c>.</param>
/// <param name="Shell">How to get there.</param>
internal sealed record RsyncHost(string Name, IRemoteShell Shell)
{
    /// <summary>Compare files by content and not by size and time. Default: false.</summary>
    internal bool Checksum { get; init; }
}
