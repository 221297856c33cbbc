using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StorageEngines.Btrfs.Changes;
using StorageEngines.Btrfs.Native;
using StorageEngines.BtrfsStreams;
using StorageEngines.Platform.Tests.Btrfs;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Tests.Changes;

/// <summary>
/// Random histories on a real Btrfs: what the reducer says has to turn one snapshot into the next, byte for byte. <c>SENG_HISTORIES</c> says how many (default: 3),
/// <c>SENG_FUZZ_SEED</c> the first seed, which a failure names.
/// </summary>
public sealed class HistoryTests
{
    private int _told;

    private static int Setting(string name, int otherwise) => int.Parse(Environment.GetEnvironmentVariable(name) ?? otherwise.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    [Fact]
    public void Random_histories_are_told_as_they_were()
    {
        using BtrfsLoop loop = BtrfsLoop.MakeOrSkip(1L << 30);
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

        TestContext.Current.TestOutputHelper!.WriteLine($"{count} histories, {_told} changes told");
    }

    private void One(BtrfsLoop loop, int seed)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"history-{seed}"), volume = loop.MakeSubvolume(name);
        var history = new TreeHistory(volume, new Random(seed));
        history.Begin(45);
        history.Play(40);
        string before = Snapshot(loop, volume, name + ".before");
        history.Play(110);
        string after = Snapshot(loop, volume, name + ".after");
        var truth = new TruthTree(Walk(before), Walk(after));
        using var from = DirectoryHandle.Open(Encoding.UTF8.GetBytes(before));
        using var to = DirectoryHandle.Open(Encoding.UTF8.GetBytes(after));
        ulong id = BtrfsControl.Details(from).Id;
        using BeneathRoot target = BeneathRoot.Open(Encoding.UTF8.GetBytes(after));
        using var segments = new DataSegments(target);
        foreach ((uint version, bool shares, SendMode mode) in new[] { (1u, true, SendMode.NoFileData), (SendSupport.Version, true, SendMode.NoFileData), (SendSupport.Version, false, SendMode.NoFileData), (1u, true, SendMode.None) })
        {
            using var stream = new SendStream(new SendRequest(to, id, shares ? [id] : [], mode, version), CancellationToken.None);
            using var reducer = new ChangeReducer(new ReducerOptions { Tree = truth, States = shares ? new Holes(segments) : null });
            reducer.Read(new BtrfsSendReader(stream, "send"), CancellationToken.None);
            List<FileChange> changes = [.. reducer.Changes(CancellationToken.None)];
            _told += changes.Count;
            new ChangeReplay(truth, changes).AssertRebuilds();
            foreach (FileChange change in changes.Where(change => change.Extents is not null))
            {
                AssertBytes(before, after, change);
            }
        }

        BtrfsLoop.Btrfs("subvolume", "delete", before, after, volume);
    }

    private static string Snapshot(BtrfsLoop loop, string volume, string name)
    {
        string path = Path.Combine(loop.Mount, name);
        BtrfsLoop.Btrfs("subvolume", "snapshot", "-r", volume, path);
        return path;
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
            nodes.Add(BytePath.FromString(relative), new TruthNode(known, status.IsDirectory ? "" : Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path))), ""));
        }

        return nodes;
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
