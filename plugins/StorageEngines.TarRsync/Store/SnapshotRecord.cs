using System.Globalization;
using StorageEngines.Json;

namespace StorageEngines.TarRsync.Store;

/// <summary>A snapshot in the store.</summary>
internal sealed record SnapshotRecord
{
    /// <summary>The first word of the object.</summary>
    internal const string Magic = "SENGSNAP";

    /// <summary>The id: 32 hex digits.</summary>
    internal required string Id { get; init; }

    /// <summary>The volume's id.</summary>
    internal required string VolumeId { get; init; }

    /// <summary>The name that the caller chose.</summary>
    internal required string Name { get; init; }

    /// <summary>Orders the snapshots of a volume; 1 or more.</summary>
    internal required long Sequence { get; init; }

    /// <summary>When it was cut, UTC.</summary>
    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The lineage it was cut in.</summary>
    internal required string LineageId { get; init; }

    /// <summary>The snapshot it descends from, or null.</summary>
    internal string? ParentId { get; init; }

    /// <summary>The group it was taken in, or null.</summary>
    internal string? GroupId { get; init; }

    /// <summary>Ready or MetadataOnly.</summary>
    internal SnapshotState State { get; init; } = SnapshotState.Ready;

    /// <summary>What its content is worth.</summary>
    internal required Consistency Consistency { get; init; }

    /// <summary>Bytes, as <see cref="SnapshotInfo.SizeBytes"/>.</summary>
    internal required long SizeBytes { get; init; }

    /// <summary>Entries in the manifest.</summary>
    internal required long EntryCount { get; init; }

    /// <summary>The manifest's digest, 64 hex digits.</summary>
    internal required string ManifestDigest { get; init; }

    /// <summary>What its creation cost.</summary>
    internal SnapshotStatistics? Statistics { get; init; }

    /// <summary>How many clones it has made.</summary>
    internal long Clones { get; init; }

    /// <summary>Labels.</summary>
    internal IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Owners of holds.</summary>
    internal IReadOnlyList<string> Holds { get; init; } = [];

    /// <summary>What a person should know.</summary>
    internal IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What later deltas are computed from.</summary>
    internal ChangeToken Token(string engine) => new(engine, VolumeId, LineageId, Id);

    /// <summary>The record in the contract's words.</summary>
    internal SnapshotInfo ToInfo(VolumeRef volume) => new(new SnapshotRef(volume, Id, Name), CreatedAt, SizeBytes, State, Consistency)
    {
        ChangeToken = Token(volume.Engine),
        ParentId = ParentId,
        GroupId = GroupId,
        Labels = Labels,
        Holds = Holds,
        Statistics = Statistics,
        Warnings = Warnings,
    };

    /// <summary>The object's bytes.</summary>
    internal byte[] Format() => RecordFile.Format(Magic, json =>
    {
        json.WriteString("id", Id);
        json.WriteString("volume", VolumeId);
        json.WriteString("name", Name);
        json.WriteNumber("sequence", Sequence);
        json.WriteString("created", CreatedAt.ToString("O", CultureInfo.InvariantCulture));
        json.WriteString("lineage", LineageId);
        if (ParentId is not null)
            json.WriteString("parent", ParentId);
        if (GroupId is not null)
            json.WriteString("group", GroupId);
        json.WriteString("state", State.ToString());
        json.WriteString("consistency", Consistency.ToString());
        json.WriteNumber("sizeBytes", SizeBytes);
        json.WriteNumber("entries", EntryCount);
        json.WriteString("manifest", ManifestDigest);
        if (Clones > 0)
            json.WriteNumber("clones", Clones);
        WriteStatistics(json);
        json.WriteStartObject("labels");
        foreach ((string key, string value) in Labels)
            json.WriteString(key, value);
        json.WriteEndObject();
        WriteTexts(json, "holds", Holds);
        WriteTexts(json, "warnings", Warnings);
    });

    /// <summary>Reads an object.</summary>
    internal static SnapshotRecord Parse(byte[] bytes, string name)
    {
        JsonValue document = RecordFile.Parse(bytes, Magic, name);
        var json = new JsonFields(document, name);
        return new SnapshotRecord
        {
            Id = json.Id("id"),
            VolumeId = json.Id("volume"),
            Name = json.Text("name"),
            Sequence = json.Counter("sequence"),
            CreatedAt = json.Time("created"),
            LineageId = json.Text("lineage"),
            ParentId = json.OptionalId("parent"),
            GroupId = json.OptionalText("group"),
            State = json.Choice("state", ReadState),
            Consistency = json.Choice("consistency", ReadConsistency),
            SizeBytes = json.Number("sizeBytes"),
            EntryCount = json.Number("entries"),
            ManifestDigest = json.Text("manifest"),
            Statistics = json.Object("statistics") is { } s
                ? new SnapshotStatistics(s.Number("entries"), s.Number("volumeBytes"), s.Number("filesRead"), s.Number("bytesRead"), s.Number("bytesStored"))
                {
                    Recheck = s.Object("recheck") is { } r ? new RecheckResult(r.Number("files"), r.Number("changed"), r.Number("seed")) : null,
                    FilesCloned = s.OptionalNumber("filesCloned") ?? 0,
                    BytesCloned = s.OptionalNumber("bytesCloned") ?? 0,
                }
                : null,
            Clones = json.OptionalNumber("clones") ?? 0,
            Labels = json.Map("labels"),
            Holds = json.Texts("holds"),
            Warnings = json.Texts("warnings"),
        };
    }

    private static SnapshotState? ReadState(string name) => name switch
    {
        nameof(SnapshotState.Creating) => SnapshotState.Creating,
        nameof(SnapshotState.Ready) => SnapshotState.Ready,
        nameof(SnapshotState.MetadataOnly) => SnapshotState.MetadataOnly,
        nameof(SnapshotState.Deleting) => SnapshotState.Deleting,
        nameof(SnapshotState.Failed) => SnapshotState.Failed,
        _ => null,
    };

    private static Consistency? ReadConsistency(string name) => name switch
    {
        nameof(Consistency.Unknown) => Consistency.Unknown,
        nameof(Consistency.PerFile) => Consistency.PerFile,
        nameof(Consistency.Crash) => Consistency.Crash,
        nameof(Consistency.FileSystem) => Consistency.FileSystem,
        nameof(Consistency.Application) => Consistency.Application,
        _ => null,
    };

    private void WriteStatistics(RecordWriter json)
    {
        if (Statistics is not { } s)
            return;
        json.WriteStartObject("statistics");
        json.WriteNumber("entries", s.Entries);
        json.WriteNumber("volumeBytes", s.VolumeBytes);
        json.WriteNumber("filesRead", s.FilesRead);
        json.WriteNumber("bytesRead", s.BytesRead);
        json.WriteNumber("bytesStored", s.BytesStored);
        if (s.FilesCloned > 0)
        {
            json.WriteNumber("filesCloned", s.FilesCloned);
            json.WriteNumber("bytesCloned", s.BytesCloned);
        }
        if (s.Recheck is { } recheck)
        {
            json.WriteStartObject("recheck");
            json.WriteNumber("files", recheck.Files);
            json.WriteNumber("changed", recheck.Changed);
            json.WriteNumber("seed", recheck.Seed);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void WriteTexts(RecordWriter json, string field, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(field);
        foreach (string text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }
}
