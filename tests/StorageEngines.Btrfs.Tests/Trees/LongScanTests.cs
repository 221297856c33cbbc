using System.Text;
using StorageEngines.Btrfs.Changes;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Tests.Changes;
using StorageEngines.Btrfs.Trees;
using StorageEngines.BtrfsStreams;
using StorageEngines.Platform.Tests.Btrfs;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Tests.Trees;

/// <summary>Trees that are longer than the buffers of a scan, with directories that are kept while they are scanned and others that are too large for that.</summary>
public sealed class LongScanTests : IDisposable
{
    private const int Directories = 200;
    private const int FilesPerDirectory = 25;
    private const int LargeDirectory = InodeFacts.MostEntries + 1500;

    private readonly BtrfsLoop _loop = BtrfsLoop.MakeOrSkip();
    private readonly string _volume;
    private readonly Random _random = new(11);

    public LongScanTests() => _volume = _loop.MakeSubvolume("volume");

    public void Dispose() => _loop.Dispose();

    [Fact]
    public void Both_ways_tell_the_same_of_a_long_tree()
    {
        Fill();
        string before = Snapshot("before");
        Change();
        string after = Snapshot("after");
        string[] bySend = [.. BySend(before, after).Order(StringComparer.Ordinal)], byTrees = [.. ByTrees(before, after).Order(StringComparer.Ordinal)];
        Assert.True(bySend.Length > 2000);
        Assert.Equal(bySend, byTrees);
    }

    [Fact]
    public void Cancelling_ends_a_long_scan()
    {
        Fill();
        string before = Snapshot("before");
        Change();
        string after = Snapshot("after");
        using DirectoryHandle from = Open(before), to = Open(after);
        using var cancelled = new CancellationTokenSource();
        using var reader = new TreeReader(to, readsAhead: true);
        int seen = 0;
        Assert.Throws<OperationCanceledException>(() => new TreeScan(BtrfsControl.Details(from).OriginTransaction, _ => CancelAt(++seen, cancelled)).Run(reader, cancelled.Token));
        Assert.True(seen > 500);
    }

    private static void CancelAt(int seen, CancellationTokenSource source)
    {
        if (seen == 500)
        {
            source.Cancel();
        }
    }

    private static IEnumerable<string> ByTrees(string before, string after)
    {
        using DirectoryHandle from = Open(before), to = Open(after);
        using TreeCompare compare = TreeCompare.TryRead(from, to, TreeConditions.Check(from, to)!.Since, new ReducerOptions(), always: true, CancellationToken.None)!;
        return [.. compare.Changes(CancellationToken.None).Select(Line)];
    }

    private static IEnumerable<string> BySend(string before, string after)
    {
        using BeneathRoot to = BeneathRoot.Open(Encoding.UTF8.GetBytes(after));
        using DirectoryHandle from = Open(before);
        using var segments = new DataSegments(to);
        ulong id = BtrfsControl.Details(from).Id;
        using var stream = new SendStream(new SendRequest(to.Root, id, [id], SendMode.NoFileData, SendSupport.Version), CancellationToken.None);
        using var reducer = new ChangeReducer(new ReducerOptions { Tree = SnapshotTruth.Read(before, after), States = new SegmentStates(segments), AsksAtOnce = true });
        reducer.Read(new BtrfsSendReader(stream, "send"), CancellationToken.None);
        return [.. reducer.Changes(CancellationToken.None).Select(Line)];
    }

    private static string Line(FileChange change) => $"{change.Kind} {change.Path} {change.OldPath} {string.Join(' ', change.Extents ?? [])}";

    private static DirectoryHandle Open(string path) => DirectoryHandle.Open(Encoding.UTF8.GetBytes(path));

    private void Fill()
    {
        for (int i = 0; i < Directories * FilesPerDirectory; i++)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(At(i))!);
            Write(At(i));
        }

        Directory.CreateDirectory(Path.Combine(_volume, "large"));
        for (int i = 0; i < LargeDirectory; i++)
        {
            Write(Large(i));
        }
    }

    // Something in every directory, so that most leaves are new; whole directories go too, with what was moved out of them.
    private void Change()
    {
        for (int i = 0; i < Directories * FilesPerDirectory; i += 1 + _random.Next(4))
        {
            switch (_random.Next(5))
            {
                case 0: File.Delete(At(i)); break;
                case 1: File.Move(At(i), At(i) + "~"); break;
                case 2: File.Move(At(i), Path.Combine(_volume, $"d{_random.Next(20, Directories)}", $"moved {i}")); break;
                case 3: Write(At(i) + " new"); break;
                default: Write(At(i)); break;
            }
        }

        for (int i = 0; i < LargeDirectory; i += 1 + _random.Next(7))
        {
            File.Delete(Large(i));
        }

        for (int i = 0; i < 20; i++)
        {
            Directory.Delete(Path.Combine(_volume, $"d{i}"), recursive: true);
        }
    }

    private void Write(string path)
    {
        byte[] content = new byte[1 + _random.Next(6000)];
        _random.NextBytes(content);
        File.WriteAllBytes(path, content);
    }

    private string At(int file) => Path.Combine(_volume, $"d{file / FilesPerDirectory}", $"a file of some name {file}");

    private string Large(int file) => Path.Combine(_volume, "large", $"one of many {file}");

    private string Snapshot(string name)
    {
        string path = Path.Combine(_loop.Mount, name);
        BtrfsLoop.Btrfs("subvolume", "snapshot", "-r", _volume, path);
        return path;
    }
}
