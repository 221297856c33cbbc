namespace StorageEngines;

/// <summary>A volume by its id, which stays when it is renamed.</summary>
/// <param name="Engine">The engine's name.</param>
/// <param name="Id">The engine's own id; opaque.</param>
/// <param name="Name">A label for people; it identifies nothing. Default: null.</param>
public sealed record VolumeRef(string Engine, string Id, string? Name = null)
{
    /// <summary>Equal if engine and id are; the label does not count.</summary>
    /// <param name="other">Another reference.</param>
    /// <returns>Whether both name the same volume.</returns>
    public bool Equals(VolumeRef? other) => other is not null && Engine == other.Engine && Id == other.Id;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Engine, Id);

    /// <summary>The label if there is one, else the id.</summary>
    /// <returns>Text for messages.</returns>
    public override string ToString() => Name ?? Id;
}
