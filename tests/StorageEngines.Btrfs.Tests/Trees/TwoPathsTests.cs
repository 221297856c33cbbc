using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StorageEngines.Btrfs.Changes;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Tests.Changes;
using StorageEngines.Btrfs.Trees;
using StorageEngines.BtrfsStreams;
using StorageEngines.Platform.Tests.Btrfs;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Tests.Trees;

/// <summary>
/// Random histories of a subvolume on a real Btrfs with snapshots, roll backs, balances, received copies, reflinks of old data and dedupe: for pairs of snapshots both ways
/// to a difference have to turn one into the other, byte for byte. The truth is a walk over both. <c>SENG_HISTORIES</c> says how many (default: 3), <c>SENG_FUZZ_SEED</c> the first seed,
/// which a failure names.
/// </summary>
public sealed class TwoPathsTests
{
    private int _bySend;
    private int _byTrees;
    private int _told;
    private int _files;

    private static int Setting(string name, int otherwise) => int.Parse(Environment.GetEnvironmentVariable(name) ?? otherwise.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    [Fact]
    public void Both_ways_tell_random_histories_as_they_were()
    {
        using BtrfsLoop loop = BtrfsLoop.MakeOrSkip(3L << 30);
        int first = Setting("SENG_FUZZ_SEED", 1), count = Setting("SENG_HISTORIES", 3);
        for (int seed = first; seed < first + count; seed++)
        {
            try
            {
                One(loop, seed);
            }
            catch (Exception e)
            {
                Assert.Fail($"SENG_FUZZ_SEED={seed}: {e}");
            }
        }

        Assert.True(_byTrees > 0 && _bySend > 0);
        TestContext.Current.TestOutputHelper!.WriteLine($"{count} histories: {_bySend} comparisons by send, {_byTrees} by the trees, {_told} changes told, {_files} single files compared");
    }

    private void One(BtrfsLoop loop, int seed)
    {
        using var history = new SubvolumeHistory(loop, seed);
        history.Play();
        foreach ((string before, string after, bool isPlain) in history.Pairs())
        {
            Compare(before, after, isPlain, seed);
        }
    }

    private void Compare(string before, string after, bool isPlain, int seed)
    {
        var truth = new TruthTree(Walk(before), Walk(after));
        using BeneathRoot from = BeneathRoot.Open(Encoding.UTF8.GetBytes(before)), to = BeneathRoot.Open(Encoding.UTF8.GetBytes(after));
        using var segments = new DataSegments(to);
        var options = new ReducerOptions { Tree = truth, States = new Holes(segments), MaxExtentsPerFile = 1 << 20 };
        ulong id = BtrfsControl.Details(from.Root).Id;
        using (var stream = new SendStream(new SendRequest(to.Root, id, seed % 2 == 0 ? [id] : [], SendMode.NoFileData, SendSupport.Version), CancellationToken.None))
        using (var reducer = new ChangeReducer(options))
        {
            reducer.Read(new BtrfsSendReader(stream, "send"), CancellationToken.None);
            Check(truth, before, after, [.. reducer.Changes(CancellationToken.None)]);
            _bySend++;
        }

        TreeConditions? conditions = TreeConditions.Check(from.Root, to.Root);
        Assert.Equal(isPlain, conditions is not null);
        if (conditions is not null)
        {
            using TreeCompare compare = TreeCompare.TryRead(from.Root, to.Root, conditions.Since, options, always: true, CancellationToken.None)!;
            Assert.True(conditions.StillHold());
            Check(truth, before, after, [.. compare.Changes(CancellationToken.None)]);
            _byTrees++;
            SingleFiles(truth, before, after, from.Root, to.Root, conditions.Since, options.States);
        }
    }

    private void SingleFiles(TruthTree truth, string before, string after, DirectoryHandle from, DirectoryHandle to, ulong since, IExtentStates states)
    {
        foreach ((BytePath path, TruthNode now) in truth.After)
        {
            if (now.Known.Type == TreeEntryType.File && truth.InBase(path) is { Type: TreeEntryType.File } old && old.Inode == now.Known.Inode)
            {
                using TreeFileDelta? delta = TreeFileDelta.TryRead(from, to, since, old.Inode, always: true, CancellationToken.None);
                if (delta is not null)
                {
                    Extent[] extents = [.. delta.Extents(new ExtentMaker(states), path)];
                    AssertBytes(before, after, new FileChange(FileChangeKind.Content, path) { Extents = extents });
                    _files++;
                }
            }
        }
    }

    private void Check(TruthTree truth, string before, string after, List<FileChange> changes)
    {
        _told += changes.Count;
        new ChangeReplay(truth, changes).AssertRebuilds();
        foreach (FileChange change in changes.Where(change => change.Extents is not null))
        {
            AssertBytes(before, after, change);
        }
    }

    private static void AssertBytes(string before, string after, FileChange change)
    {
        byte[] expected = File.ReadAllBytes(Path.Combine(after, Encoding.UTF8.GetString(change.Path.Span)));
        byte[] bytes = change.Kind.HasFlag(FileChangeKind.Added) ? [] : File.ReadAllBytes(Path.Combine(before, Encoding.UTF8.GetString((change.OldPath ?? change.Path).Span)));
        Array.Resize(ref bytes, expected.Length);
        foreach (Extent extent in change.Extents!)
        {
            Span<byte> target = bytes.AsSpan((int)extent.Offset, (int)extent.Length);
            if (extent.State == ExtentState.Zero)
            {
                target.Clear();
            }
            else
            {
                expected.AsSpan((int)extent.Offset, (int)extent.Length).CopyTo(target);
            }
        }

        Assert.True(bytes.AsSpan().SequenceEqual(expected), $"{change.Kind} '{change.Path}': {string.Join(' ', change.Extents)} do not give its bytes");
    }

    private static SortedDictionary<BytePath, TruthNode> Walk(string directory)
    {
        using BeneathRoot root = BeneathRoot.Open(Encoding.UTF8.GetBytes(directory));
        SortedDictionary<BytePath, TruthNode> nodes = [];
        foreach (string path in Directory.EnumerateFileSystemEntries(directory, "*", SearchOption.AllDirectories).Append(directory))
        {
            string relative = path == directory ? "" : Path.GetRelativePath(directory, path);
            Assert.True(root.TryGetStatus(Encoding.UTF8.GetBytes(relative), out FileStatus status));
            var known = new KnownEntry(
                (TreeEntryType)((int)status.Type >> 12), status.Inode, status.IsDirectory ? 1 : status.LinkCount, status.IsDirectory ? 0 : status.Size, status.Mode,
                status.UserId, status.GroupId, new UnixTime(status.ModificationTime.Seconds, status.ModificationTime.Nanoseconds), 0);
            nodes.Add(BytePath.FromString(relative), new TruthNode(known, status.IsDirectory ? "" : Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path))), Attributes(path)));
        }

        return nodes;
    }

    private static string Attributes(string path)
    {
        using DirectoryHandle above = DirectoryHandle.Open(Encoding.UTF8.GetBytes(Path.GetDirectoryName(path)!));
        byte[] name = Encoding.UTF8.GetBytes(Path.GetFileName(path));
        return string.Join(' ', Xattr.List(above, name).Select(each => $"{Encoding.UTF8.GetString(each)}={Xattr.Get(above, name, each)!.Length}").Order(StringComparer.Ordinal));
    }

    private sealed class Holes(DataSegments segments) : IExtentStates
    {
        public bool TryReadData(BytePath path, Extent range, List<Extent> data)
        {
            segments.Read(path, range, data);
            return true;
        }
    }
}
