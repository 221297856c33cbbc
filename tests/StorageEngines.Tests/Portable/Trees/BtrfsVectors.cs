using System.Globalization;
using System.Text;
using System.Text.Json;
using StorageEngines.Posix;

namespace StorageEngines.Tests.Portable.Trees;

/// <summary>The recorded streams and what they are to give.</summary>
internal static class BtrfsVectors
{
    internal static string Root { get; } = Path.Combine(RepositoryRoot(), "tests/StorageEngines.Tests/Golden/btrfs-progs-6.2");

    internal static IEnumerable<string> Cases()
        => Directory.GetDirectories(Root).Where(d => File.Exists(Path.Combine(d, "base.full-data-v1.send"))).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal);

    internal static byte[] Read(string name, string file) => File.ReadAllBytes(Path.Combine(Root, name, file));

    internal static SortedDictionary<BytePath, string> Truth(string name, string side)
    {
        using JsonDocument document = JsonDocument.Parse(Read(name, "truth.json"));
        SortedDictionary<BytePath, string> lines = [];
        foreach (JsonElement entry in document.RootElement.GetProperty(side).EnumerateArray())
        {
            if (!entry.TryGetProperty("subvolumeStub", out _))
            {
                lines.Add(PathOf(entry), Line(entry));
            }
        }

        return lines;
    }

    private static BytePath PathOf(JsonElement entry)
        => entry.TryGetProperty("pathHex", out JsonElement hex) ? new BytePath(Convert.FromHexString(hex.GetString()!)) : BytePath.FromString(entry.GetProperty("path").GetString()!);

    private static string Line(JsonElement entry)
    {
        FileType type = entry.GetProperty("type").GetString() switch
        {
            "d" => FileType.Directory,
            "f" => FileType.Regular,
            "l" => FileType.Symlink,
            "p" => FileType.Fifo,
            string other => throw new InvalidDataException(other),
            null => throw new InvalidDataException(),
        };
        string content = type switch
        {
            FileType.Regular when entry.TryGetProperty("dataSegments", out JsonElement segments) && !entry.TryGetProperty("sha256", out _) => string.Join(
                ' ', segments.EnumerateArray().Select(s => $"{s[0].GetInt64()}+{s[1].GetInt64()}={s[2].GetString()}")),
            FileType.Regular => entry.GetProperty("sha256").GetString()!,
            FileType.Symlink => Target(entry.GetProperty("target")),
            _ => "",
        };
        IEnumerable<(string, string)> attributes = entry.TryGetProperty("xattrs", out JsonElement xattrs)
            ? xattrs.EnumerateObject().Select(a => (a.Name, a.Value.GetString()!))
            : [];
        long size = type == FileType.Regular ? entry.GetProperty("size").GetInt64() : 0;
        return LiveTree.Format(
            type, Convert.ToUInt32(entry.GetProperty("mode").GetString()![2..], 8), entry.GetProperty("uid").GetUInt32(), entry.GetProperty("gid").GetUInt32(),
            size, entry.GetProperty("nlink").GetInt64(), Int128.Parse(entry.GetProperty("mtimeNs").GetRawText(), CultureInfo.InvariantCulture), content, attributes);
    }

    private static string Target(JsonElement target)
        => target.ValueKind == JsonValueKind.String
            ? Convert.ToHexStringLower(Encoding.UTF8.GetBytes(target.GetString()!))
            : target.GetProperty("hex").GetString()!.ToLowerInvariant();

    private static string RepositoryRoot()
    {
        string? at = AppContext.BaseDirectory;
        while (at is not null && !File.Exists(Path.Combine(at, "StorageEngines.sln")))
        {
            at = Path.GetDirectoryName(at);
        }

        return at ?? throw new InvalidOperationException("The tests have to run within the repository, for their recorded streams.");
    }
}
