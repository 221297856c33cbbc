namespace StorageEngines.Testing;

/// <summary>A volume as it is now. Changed under the store's lock only.</summary>
internal sealed class VolumeState(string id, string name, VolumeContent content, string lineageId)
{
    public string Id => id;

    public string Name { get; set; } = name;

    public VolumeContent Content { get; set; } = content;

    public string LineageId { get; set; } = lineageId;

    /// <summary>The snapshot that the present state descends from, or null.</summary>
    public string? HeadId { get; set; }

    /// <summary>The state that the present one descends from, under an identity that holds across volumes and engines, or null.</summary>
    public Guid? HeadState { get; set; }

    /// <summary>What the content was at that state.</summary>
    public VolumeContent? HeadContent { get; set; }

    /// <summary>Snapshots up to this number are no base any more, because tracking was lost; 0 if it never was.</summary>
    public long TrackingLostAt { get; set; }

    public VolumeRef Ref => new(InMemoryStorageEngine.Scheme, Id, Name);

    public VolumeInfo Info => new(Ref, Content.Kind, BytePath.FromString(Name), Content.Block?.Length);
}
