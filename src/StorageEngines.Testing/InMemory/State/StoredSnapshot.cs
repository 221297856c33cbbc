using System.Collections.Immutable;

namespace StorageEngines.Testing;

/// <summary>A snapshot as the store keeps it.</summary>
internal sealed record StoredSnapshot(string Id, long Number, string VolumeId, string Name, VolumeContent Content, Guid StateId)
{
    public required DateTimeOffset CreatedAt { get; init; }

    public required string LineageId { get; init; }

    public string? ParentId { get; init; }

    public string? GroupId { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = ImmutableDictionary<string, string>.Empty;

    public ImmutableSortedSet<string> Holds { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>True after its data was deleted: it is a base only.</summary>
    public bool DataGone { get; init; }

    public ChangeToken Token => new(InMemoryStorageEngine.Scheme, VolumeId, LineageId, Id);

    public SnapshotRef Ref(VolumeState volume) => new(volume.Ref, Id, Name);

    public SnapshotInfo Info(VolumeState volume)
        => new(Ref(volume), CreatedAt, Content.SizeBytes, DataGone ? SnapshotState.MetadataOnly : SnapshotState.Ready, Consistency.Crash)
        {
            ChangeToken = Token,
            ParentId = ParentId,
            GroupId = GroupId,
            Labels = Labels,
            Holds = [.. Holds],
        };
}
