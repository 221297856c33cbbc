using System.Text;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Reflink;

namespace StorageEngines.TarRsync.Tests.Reflink;

/// <summary>Maps that change while they are read.</summary>
public sealed class MapComparisonTests
{
    [Theory]
    [InlineData(1, nameof(PieceKind.Moved))]
    [InlineData(100, nameof(PieceKind.Unproven))]
    public void A_base_that_moves_between_two_looks_is_looked_at_again(int moves, string expected)
    {
        using var system = LoopFileSystem.MakeOrSkip("btrfs");
        string image = Path.Combine(system.Mount, "image");
        File.WriteAllBytes(image, [.. Enumerable.Range(0, 1 << 20).Select(i => (byte)(i % 251))]);
        string store = Path.Combine(system.Mount, "store");
        Directory.CreateDirectory(Path.Combine(store, "clones"));
        using CloneFile before = Clone(image, store, 1);
        using CloneFile after = Clone(image, store, 2);
        int looks = 0;
        var comparison = new MapComparison(new CloneMap(before), before.Size, new CloneMap(after), after.Size)
        {
            // What a defragmentation does: the same bytes in another place.
            BetweenLooks = () =>
            {
                if (looks++ < moves)
                {
                    File.WriteAllBytes(before.Path, File.ReadAllBytes(before.Path));
                }
            },
        };
        List<Piece> pieces = [.. comparison.Pieces(CancellationToken.None)];
        Assert.Equal((0, 1 << 20), (pieces[0].Start, pieces[^1].End));
        Assert.All(pieces, piece => Assert.Equal(expected, piece.Kind.ToString()));
        Assert.Equal(moves == 1 ? 2 : 5, looks);
    }

    private static CloneFile Clone(string image, string store, ulong number)
    {
        var clone = new CloneRef(Guid.NewGuid(), number, FileStatus.GetPath(Encoding.UTF8.GetBytes(image)).ModificationTime);
        string path = Path.Combine(store, "clones", clone.FileName);
        Assert.Equal(0, LoopFileSystem.Run("cp", "--reflink=always", "--preserve=timestamps", image, path).Exit);
        FileContent content = clone.ToContent();
        return CloneFile.Open(content, new FileInfo(path).Length, Path.Combine(store, "manifests", "x"));
    }
}
