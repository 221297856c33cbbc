using System.Globalization;
using StorageEngines.Zfs.Datasets;

namespace StorageEngines.Zfs.Snapshots;

/// <summary>A bookmark: what is left of a snapshot without its data. It has its guid and transaction group, and no properties.</summary>
/// <param name="Of">Its dataset.</param>
/// <param name="Name">Its name behind the <c>#</c>.</param>
/// <param name="Guid">The guid of its snapshot.</param>
/// <param name="CreateTxg">The transaction group that its snapshot was cut in.</param>
/// <param name="CreatedAt">When its snapshot was cut, to the second.</param>
internal sealed record ZfsBookmark(Dataset Of, string Name, ulong Guid, ulong CreateTxg, DateTimeOffset CreatedAt)
{
    private const string Prefix = "seng:";

    /// <summary>Its whole name, e.g. <c>tank/vm#monday</c>.</summary>
    internal string FullName => $"{Of.Name}#{Name}";

    /// <summary>Its guid, decimal.</summary>
    internal string Id => Guid.ToString(CultureInfo.InvariantCulture);

    /// <summary>Whether it is a redaction bookmark, which knows not all that changed and is no base of anything here.</summary>
    internal bool IsRedaction { get; init; }

    /// <summary>Whether this engine made it when it deleted the snapshot's data.</summary>
    internal bool IsOurs => TryRead(out _, out _);

    /// <summary>The name that its snapshot had.</summary>
    internal string SnapshotName => TryRead(out _, out string name) ? name : Name;

    /// <summary>The size of the zvol when the snapshot was cut, in bytes; null if it is not known, and for a file system.</summary>
    internal long? VolumeBytes => TryRead(out long? size, out _) ? size : null;

    /// <summary>
    /// The name for a bookmark that stands for a snapshot: <c>seng:GUID:BYTES:NAME</c>, the numbers in hexadecimal digits. A bookmark has no properties that could hold this.
    /// A snapshot's name that does not fit is cut off: it is a label.
    /// </summary>
    internal static string NameFor(ZfsSnapshot snapshot)
    {
        string start = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{snapshot.Guid:x16}:{snapshot.VolumeBytes ?? 0:x}:");
        int room = Math.Max(1, DatasetName.Longest - snapshot.Of.Name.Length - 1 - start.Length);
        return start + (snapshot.Name.Length <= room ? snapshot.Name : snapshot.Name[..room]);
    }

    private bool TryRead(out long? size, out string name)
    {
        string[] parts = Name.Split(':', 4);
        size = null;
        name = "";
        if (parts.Length != 4 || !Name.StartsWith(Prefix, StringComparison.Ordinal) || parts[3].Length == 0
            || !ulong.TryParse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong guid) || guid != Guid
            || !long.TryParse(parts[2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long bytes) || bytes < 0)
        {
            return false;
        }

        (size, name) = (bytes > 0 ? bytes : null, parts[3]);
        return true;
    }
}
