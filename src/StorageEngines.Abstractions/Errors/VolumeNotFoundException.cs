namespace StorageEngines;

/// <summary>The volume is not there (any more).</summary>
public sealed class VolumeNotFoundException : StorageEngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="volume">The volume's id or location as it was asked for.</param>
    /// <param name="reason">Default: <see cref="EngineReason.VolumeMissing"/>; <see cref="EngineReason.VolumeReplaced"/> if another volume has taken its name.</param>
    public VolumeNotFoundException(string volume, EngineReason reason = EngineReason.VolumeMissing)
        : base(EngineStatus.NotFound, reason, Recovery.FixRequest, reason == EngineReason.VolumeReplaced
            ? $"Volume '{volume}' has been replaced by another one of the same name; resolve it again and take a full copy."
            : $"Volume '{volume}' does not exist; check the name, and that it is mounted.")
    {
        Volume = volume;
    }

    /// <summary>The volume's id or location as it was asked for.</summary>
    public string Volume { get; }
}
