using System.Text;
using StorageEngines.Portable.Trees;
using StorageEngines.Posix;
using StorageEngines.Tests.Portable.Trees;

namespace StorageEngines.Tests.Portable.Interrupted;

/// <summary>A restored tree, and a difference to be applied to it.</summary>
internal sealed class TreePlace : IDisposable
{
    private readonly Trees.ScratchDirectory _scratch = new();
    private readonly MemoryTree _tree;
    private SnapshotInfo _first = null!;
    private SortedDictionary<BytePath, string> _base = [];
    private SortedDictionary<BytePath, string> _target = [];

    private TreePlace(int seed) => _tree = new MemoryTree(seed);

    internal string Stream => Path.Combine(_scratch.Path, "stream");

    internal ChildWork Work => new("apply-tree", Stream, Name, _scratch.State);

    internal string State => _scratch.State;

    internal string Name => Path.Combine(_scratch.Path, "tree");

    private string Aside => Name + ".seng-applying";

    internal static async Task<TreePlace> MakeAsync(DifferentialFormat format, int seed)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "backend missing: root: the random owners need it");
        var place = new TreePlace(seed);
        place._tree.Change(60);
        place._first = await place._tree.SnapshotAsync();
        place._base = place._tree.Lines();
        await place.RestoreAsync();
        place._tree.Change(60);
        SnapshotInfo second = await place._tree.SnapshotAsync();
        place._target = place._tree.Lines();
        await using FileStream output = File.Create(place.Stream);
        await TreeDifferential.ExportAsync(place._tree.Engine, place._first, second, output, format);
        return place;
    }

    /// <summary>Removes a tree.</summary>
    internal static void Remove(Trees.ScratchDirectory scratch, string name)
    {
        using DirectoryHandle parent = DirectoryHandle.Open(Encoding.UTF8.GetBytes(scratch.Path));
        TreeWalk.Delete(parent, Encoding.UTF8.GetBytes(name));
    }

    /// <summary>
    /// What is under the name is the base, to which the difference can be applied, or the target, which is known as such. Else a tree stands aside, the
    /// next call says which, and with that out of the way everything can be done again.
    /// </summary>
    internal async Task AssertRecoversAsync()
    {
        if (Directory.Exists(Name))
        {
            Assert.False(Directory.Exists(Aside));
            SortedDictionary<BytePath, string> found = LiveTree.Read(BytePath.FromString(Name));
            if (found.SequenceEqual(_target) && !_target.SequenceEqual(_base))
            {
                Assert.Null(new TargetReceipts(_scratch.State).Get(BytePath.FromString(Name))!.Applying);
                return;
            }

            Assert.Equal(_base, found);
        }
        else
        {
            StorageEngineException told = await Assert.ThrowsAsync<StorageEngineException>(ApplyAsync);
            Assert.Contains(Aside, told.Message, StringComparison.Ordinal);
            if (told.Message.Contains("lacks only its name", StringComparison.Ordinal))
            {
                Assert.Equal(_target, LiveTree.Read(BytePath.FromString(Aside)));
                return;
            }

            Assert.Contains("restore the base again", told.Message, StringComparison.Ordinal);
            Remove(_scratch, "tree.seng-applying");
            await RestoreAsync();
        }

        await ApplyAsync();
        Assert.Equal(_target, LiveTree.Read(BytePath.FromString(Name)));
    }

    public void Dispose() => _scratch.Dispose();

    internal async Task<DifferentialSummary> ApplyAsync()
    {
        await using FileStream input = File.OpenRead(Stream);
        return await TreeDifferential.ApplyAsync(input, BytePath.FromString(Name), _scratch.Options);
    }

    internal Task<DifferentialSummary> ApplyAsync(Stream input, CancellationToken cancellationToken)
        => TreeDifferential.ApplyAsync(input, BytePath.FromString(Name), _scratch.Options, cancellationToken);

    private Task RestoreAsync()
        => TreeRestore.RestoreAsync(_tree.Engine, _first, BytePath.FromString(Name), new RestoreOptions { StateDirectory = _scratch.State });
}
