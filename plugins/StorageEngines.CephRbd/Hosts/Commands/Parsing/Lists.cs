using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Hosts.Commands.Parsing;

/// <summary>Reads the short lists that rbd prints. Members that are not known are passed over.</summary>
internal static class Lists
{
    /// <summary>The addresses in <c>rbd status --format json</c>.</summary>
    internal static List<string> Watchers(ReadOnlyMemory<byte> text) => [.. RbdJson.Parse(text, "the output of rbd status").Get("watchers").Entries.Select(each => each.Text("address"))];

    /// <summary>The images in <c>rbd children --all --format json</c>, for people.</summary>
    internal static List<string> Children(ReadOnlyMemory<byte> text) => [.. RbdJson.Parse(text, "the output of rbd children").Entries.Select(ChildOf)];

    /// <summary>The groups in <c>rbd group ls --format json</c>.</summary>
    internal static List<string> Groups(ReadOnlyMemory<byte> text) => [.. RbdJson.Parse(text, "the output of rbd group ls").Entries.Select(each => each.Text())];

    /// <summary>The pools and names of images in <c>rbd group image ls --format json</c>.</summary>
    internal static List<(string Pool, string Name)> GroupImages(ReadOnlyMemory<byte> text)
        => [.. RbdJson.Parse(text, "the output of rbd group image ls").Entries.Select(each => (each.Text("pool"), each.Text("image")))];

    /// <summary>The names in <c>rbd group snap ls --format json</c>.</summary>
    internal static List<string> GroupSnapshots(ReadOnlyMemory<byte> text) => [.. RbdJson.Parse(text, "the output of rbd group snap ls").Entries.Select(each => each.Text("snapshot"))];

    private static string ChildOf(RbdValue entry)
        => new ImagePath(entry.Text("pool"), entry.Text("pool_namespace", ""), entry.Text("image")) + (entry.Flag("trash") ? " (in the trash)" : "");
}
