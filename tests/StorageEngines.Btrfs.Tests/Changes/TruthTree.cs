using System.Text.Json;
using StorageEngines.Btrfs.Changes;

namespace StorageEngines.Btrfs.Tests.Changes;

/// <summary>Both sides of a vector, as its walks found them.</summary>
internal sealed class TruthTree(SortedDictionary<BytePath, TruthNode> before, SortedDictionary<BytePath, TruthNode> after) : IBaseTree
{
    internal SortedDictionary<BytePath, TruthNode> Before { get; } = before;

    internal SortedDictionary<BytePath, TruthNode> After { get; } = after;

    internal static TruthTree Load(string name)
    {
        JsonElement truth = Vectors.Json(name, "truth.json");
        return new TruthTree(Side(truth.GetProperty("before")), Side(truth.GetProperty("after")));
    }

    public KnownEntry? InBase(BytePath path) => Before.GetValueOrDefault(path)?.Known;

    public KnownEntry? InTarget(BytePath path) => After.GetValueOrDefault(path)?.Known;

    public IReadOnlyList<BytePath> NamesInBase(ulong inode) => Names(Before, inode);

    public IReadOnlyList<BytePath> NamesInTarget(ulong inode) => Names(After, inode);

    private static List<BytePath> Names(SortedDictionary<BytePath, TruthNode> side, ulong inode)
        => [.. side.Where(pair => pair.Value.Known.Inode == inode).Select(pair => pair.Key)];

    private static SortedDictionary<BytePath, TruthNode> Side(JsonElement entries)
    {
        SortedDictionary<BytePath, TruthNode> side = [];
        foreach (JsonElement entry in entries.EnumerateArray())
        {
            if (!entry.TryGetProperty("subvolumeStub", out _))
            {
                side.Add(Vectors.PathOf(entry), TruthNode.Parse(entry));
            }
        }

        return side;
    }
}
