namespace StorageEngines.TarRsync.Remote;

/// <summary>A copy of another machine's volume, as rsync left it, to take a snapshot from.</summary>
/// <param name="Location">Where it is on this machine: a directory, or an image file.</param>
/// <param name="FileSystem">The usual name of the type of the file system that it is on.</param>
/// <param name="Files">Files whose data was brought up to date by this pull.</param>
/// <param name="Bytes">Bytes that went over the network for it, both ways.</param>
/// <param name="HeldStill">Every file is known to be as it was at one moment.</param>
/// <param name="Warnings">What a person should know.</param>
internal sealed record PulledCopy(BytePath Location, string FileSystem, long Files, long Bytes, bool HeldStill, List<string> Warnings);
