using System.Globalization;
using StorageEngines.Json;

namespace StorageEngines.TarRsync.Store;

/// <summary>A volume that has snapshots in the store.</summary>
internal sealed record VolumeRecord
{
    /// <summary>The first word of the object.</summary>
    internal const string Magic = "SENGVOLU";

    /// <summary>The id: 32 hex digits.</summary>
    internal required string Id { get; init; }

    /// <summary>Block or tree.</summary>
    internal required VolumeKind Kind { get; init; }

    /// <summary>Where it was last seen.</summary>
    internal required BytePath Location { get; init; }

    /// <summary>What tells it from another volume at the same place, in the engine's words (file system, inode, birth time).</summary>
    internal required string Identity { get; init; }

    /// <summary>The lineage that the next snapshot belongs to; a roll back begins a new one.</summary>
    internal required string LineageId { get; init; }

    /// <summary>The parent of the next snapshot, or null.</summary>
    internal string? HeadSnapshotId { get; init; }

    /// <summary>The highest sequence number that was ever given to a snapshot of it; never used again.</summary>
    internal long LastSequence { get; init; }

    /// <summary>When it was first seen, UTC.</summary>
    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The object's bytes.</summary>
    internal byte[] Format() => RecordFile.Format(Magic, json =>
    {
        json.WriteString("id", Id);
        json.WriteString("kind", Kind == VolumeKind.Block ? "block" : "tree");
        json.WriteString("location", Location.ToString());
        json.WriteString("identity", Identity);
        json.WriteString("lineage", LineageId);
        if (HeadSnapshotId is not null)
            json.WriteString("head", HeadSnapshotId);
        json.WriteNumber("lastSequence", LastSequence);
        json.WriteString("created", CreatedAt.ToString("O", CultureInfo.InvariantCulture));
    });

    /// <summary>Reads an object.</summary>
    internal static VolumeRecord Parse(byte[] bytes, string name)
    {
        JsonValue document = RecordFile.Parse(bytes, Magic, name);
        var json = new JsonFields(document, name);
        return new VolumeRecord
        {
            Id = json.Id("id"),
            Kind = json.Text("kind") switch
            {
                "block" => VolumeKind.Block,
                "tree" => VolumeKind.Tree,
                _ => throw StoreErrors.Corrupt(name, null, "the kind is neither 'block' nor 'tree'"),
            },
            Location = json.AbsolutePath("location"),
            Identity = json.Text("identity"),
            LineageId = json.Text("lineage"),
            HeadSnapshotId = json.OptionalId("head"),
            LastSequence = json.Counter("lastSequence"),
            CreatedAt = json.Time("created"),
        };
    }
}
