using System.Globalization;
using StorageEngines.Zfs.Datasets;

namespace StorageEngines.Zfs.Snapshots;

/// <summary>A snapshot.</summary>
/// <param name="Of">Its dataset.</param>
/// <param name="Name">Its name behind the <c>@</c>.</param>
/// <param name="Guid">Its guid, which stays when it is renamed or sent elsewhere.</param>
/// <param name="CreateTxg">The transaction group that it was cut in: the order of snapshots.</param>
/// <param name="CreatedAt">When it was cut, to the second.</param>
/// <param name="VolumeBytes">The size of a zvol then, in bytes; null for a file system.</param>
internal sealed record ZfsSnapshot(Dataset Of, string Name, ulong Guid, ulong CreateTxg, DateTimeOffset CreatedAt, long? VolumeBytes)
{
    /// <summary>Its whole name, e.g. <c>tank/vm@monday</c>.</summary>
    internal string FullName => $"{Of.Name}@{Name}";

    /// <summary>Its guid, decimal.</summary>
    internal string Id => Guid.ToString(CultureInfo.InvariantCulture);

    /// <summary>The reference to it.</summary>
    internal SnapshotRef Ref => new(Of.Ref, Id, Name);

    /// <summary>What a later delta can be computed from.</summary>
    internal ChangeToken Token => TokenOf(Of, new ZfsToken(Guid, CreateTxg, VolumeBytes));

    /// <summary>The number of its object set, which zfs_ids_to_path(8) and zdb(8) take; null if it is not known.</summary>
    internal ulong? ObjectSet { get; init; }

    /// <summary>How many holds there are on it.</summary>
    internal ulong Holds { get; init; }

    /// <summary>The names of its clones.</summary>
    internal IReadOnlyList<string> Clones { get; init; } = [];

    /// <summary>What was noted of its group; null if it is in none.</summary>
    internal string? Group { get; init; }

    /// <summary>What was noted as its labels; null for none.</summary>
    internal string? Labels { get; init; }

    /// <summary>The token of a state of a dataset.</summary>
    internal static ChangeToken TokenOf(Dataset dataset, ZfsToken value) => new(ZfsEngineFactory.SchemeName, dataset.Id, dataset.Id, value.ToString());
}
