using System.Globalization;
using System.Text;
using System.Text.Json;
using StorageEngines.Btrfs.Changes;

namespace StorageEngines.Btrfs.Tests.Changes;

/// <summary>One entry of a tree as a test knows it.</summary>
/// <param name="Known">What statx says.</param>
/// <param name="Content">Stands for the bytes, or for a link's target.</param>
/// <param name="Xattrs">Stands for the extended attributes.</param>
internal sealed record TruthNode(KnownEntry Known, string Content, string Xattrs)
{
    internal FileChangeKind DifferenceFrom(TruthNode other)
    {
        KnownEntry a = Known, b = other.Known;
        FileChangeKind kind = Content == other.Content && (a.Type != TreeEntryType.File || a.SizeBytes == b.SizeBytes) ? 0 : FileChangeKind.Content;
        kind |= (a.Mode, a.UserId, a.GroupId, a.ModifiedAt, Xattrs) == (b.Mode, b.UserId, b.GroupId, b.ModifiedAt, other.Xattrs) ? 0 : FileChangeKind.Metadata;
        return kind | (a.Type == TreeEntryType.Directory || a.Links == b.Links ? 0 : FileChangeKind.LinkCount);
    }

    internal static TruthNode Parse(JsonElement entry)
    {
        TreeEntryType type = entry.GetProperty("type").GetString() switch
        {
            "d" => TreeEntryType.Directory,
            "f" => TreeEntryType.File,
            "l" => TreeEntryType.SymbolicLink,
            "p" => TreeEntryType.Fifo,
            var other => throw new InvalidDataException(other),
        };
        Int128 time = Int128.Parse(entry.GetProperty("mtimeNs").GetRawText(), CultureInfo.InvariantCulture);
        (Int128 seconds, Int128 nanoseconds) = Int128.DivRem(time, 1_000_000_000);
        var modified = nanoseconds < 0 ? new UnixTime((long)seconds - 1, (int)nanoseconds + 1_000_000_000) : new UnixTime((long)seconds, (int)nanoseconds);
        var known = new KnownEntry(
            type, entry.GetProperty("ino").GetUInt64(), entry.GetProperty("nlink").GetUInt32(), type == TreeEntryType.File ? entry.GetProperty("size").GetInt64() : 0,
            Convert.ToUInt32(entry.GetProperty("mode").GetString()![2..], 8), entry.GetProperty("uid").GetUInt32(), entry.GetProperty("gid").GetUInt32(), modified, 0);
        string xattrs = entry.TryGetProperty("xattrs", out JsonElement attributes) ? attributes.GetRawText() : "";
        return new TruthNode(known, ContentOf(entry), xattrs);
    }

    private static string ContentOf(JsonElement entry)
    {
        var content = new StringBuilder();
        foreach (string property in new[] { "sha256", "dataSegments", "target" })
        {
            content.Append(entry.TryGetProperty(property, out JsonElement value) ? value.GetRawText() : "");
        }

        return content.ToString();
    }
}
