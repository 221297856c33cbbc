namespace StorageEngines;

/// <summary>What an engine can do with one volume, and how well. Asked per volume, never per product.</summary>
/// <param name="Flags">What it can do.</param>
/// <param name="Delta">How well it knows changes; null without <see cref="EngineCapability.Delta"/>.</param>
/// <param name="MaxSnapshotsPerVolume">The most snapshots of one volume; 0 if there is no limit that the engine knows of.</param>
/// <param name="MaxGroupSize">The most members of a group; 0 without <see cref="EngineCapability.Group"/>.</param>
public sealed record EngineCapabilities(EngineCapability Flags, DeltaTraits? Delta, int MaxSnapshotsPerVolume = 0, int MaxGroupSize = 0)
{
    /// <summary>True if every one of the given capabilities is there.</summary>
    /// <param name="wanted">One flag or several.</param>
    /// <returns>Whether all are there.</returns>
    public bool Has(EngineCapability wanted) => (Flags & wanted) == wanted;

    /// <summary>Throws unless every one of the given capabilities is there.</summary>
    /// <param name="wanted">One flag or several.</param>
    /// <param name="subject">The engine or volume, for the message.</param>
    /// <exception cref="CapabilityNotSupportedException">One is missing.</exception>
    public void Require(EngineCapability wanted, string subject)
    {
        if (!Has(wanted))
        {
            throw new CapabilityNotSupportedException(wanted & ~Flags, $"{subject} does not support {wanted & ~Flags}; it supports {Flags}.");
        }
    }
}
