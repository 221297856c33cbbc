namespace StorageEngines;

/// <summary>A snapshot by its id, which stays when it is renamed.</summary>
/// <param name="Volume">Its volume.</param>
/// <param name="Id">The engine's own id; opaque, unique within the volume.</param>
/// <param name="Name">A label for people; it identifies nothing. Default: null.</param>
public sealed record SnapshotRef(VolumeRef Volume, string Id, string? Name = null)
{
    /// <summary>Equal if volume and id are; the label does not count.</summary>
    /// <param name="other">Another reference.</param>
    /// <returns>Whether both name the same snapshot.</returns>
    public bool Equals(SnapshotRef? other) => other is not null && Volume.Equals(other.Volume) && Id == other.Id;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Volume, Id);

    /// <summary>E.g. <c>tank/vm@monday</c>.</summary>
    /// <returns>Text for messages.</returns>
    public override string ToString() => $"{Volume}@{Name ?? Id}";
}
