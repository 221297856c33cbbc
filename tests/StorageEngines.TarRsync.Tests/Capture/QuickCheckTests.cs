using System.Text;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Tests.Restore;

namespace StorageEngines.TarRsync.Tests.Capture;

public sealed class QuickCheckTests : IDisposable
{
    private readonly EngineScratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task An_unchanged_tree_reads_no_file_data()
    {
        RichTree.Make(_scratch.Live);
        await _scratch.SnapshotAsync("s1");
        Assert.NotEmpty(_scratch.Opened);
        _scratch.ForgetReads();

        SnapshotInfo second = await _scratch.SnapshotAsync("s2");

        Assert.Empty(_scratch.Opened);
        Assert.Equal(0, _scratch.Bytes);
        Assert.Equal((0, 0), (second.Statistics!.FilesRead, second.Statistics.BytesRead));
        EngineScratch.AssertSame(_scratch.Live, await _scratch.CloneAsync(second, "clone"));
    }

    [Fact]
    public async Task Only_the_changed_file_is_read_and_only_its_new_blocks_are_stored()
    {
        byte[] content = new byte[640 * 1024];
        new Random(3).NextBytes(content);
        File.WriteAllBytes(_scratch.At("a"), content);
        _scratch.Write("b", "untouched");
        SnapshotInfo first = await _scratch.SnapshotAsync("s1");
        _scratch.ForgetReads();
        content[100] ^= 1;
        File.WriteAllBytes(_scratch.At("a"), content);

        SnapshotInfo second = await _scratch.SnapshotAsync("s2");

        Assert.Equal(["a"], _scratch.Opened);
        Assert.Equal(content.Length, second.Statistics!.BytesRead);
        Assert.InRange(first.Statistics!.BytesStored, content.Length, content.Length * 2);
        Assert.InRange(second.Statistics.BytesStored, 65_536, 2 * 65_536);
    }

    [Fact]
    public async Task A_file_with_several_names_is_read_and_counted_once()
    {
        _scratch.Write("a", "twelve bytes");
        EngineScratch.Run("ln", _scratch.At("a"), _scratch.At("b"));
        EngineScratch.Run("ln", _scratch.At("a"), _scratch.At("c"));

        SnapshotInfo snapshot = await _scratch.SnapshotAsync("s1");

        Assert.Single(_scratch.Opened);
        Assert.Equal(12, snapshot.SizeBytes);
        Assert.Equal(4, snapshot.Statistics!.Entries);
    }

    [Fact]
    public async Task Holes_are_not_read()
    {
        using (FileStream sparse = File.Create(_scratch.At("sparse")))
        {
            sparse.SetLength(1L << 34);
            sparse.Position = 1L << 33;
            sparse.Write("island"u8);
        }

        SnapshotInfo snapshot = await _scratch.SnapshotAsync("s1");

        Assert.Equal(1L << 34, snapshot.SizeBytes);
        Assert.InRange(_scratch.Bytes, 6, 65_536);
    }

    [Fact]
    public async Task A_change_right_after_the_read_is_never_missed_even_with_the_old_mtime()
    {
        using BeneathRoot root = BeneathRoot.Open(Encoding.UTF8.GetBytes(_scratch.Live));
        for (int i = 0; i < 30; i++)
        {
            _scratch.Write("f", "aaaa");
            FileStatus before = FileStatus.GetPath(Encoding.UTF8.GetBytes(_scratch.At("f")));
            await _scratch.SnapshotAsync($"before{i}");

            _scratch.Write("f", "bbbb");
            root.SetTimes("f"u8, null, before.ModificationTime);
            SnapshotInfo after = await _scratch.SnapshotAsync($"after{i}");

            await using Stream stream = await _scratch.Engine.Feature<ISnapshotReader>()!.OpenReadAsync(after.Ref, BytePath.FromString("f"));
            Assert.Equal("bbbb", await new StreamReader(stream).ReadToEndAsync());
        }
    }

    [Fact]
    public async Task A_file_whose_tick_cannot_be_waited_out_is_read_again_by_the_next_snapshot()
    {
        // The clock stands still before the file's ctime, as after it was set back.
        using var scratch = new EngineScratch(fileClock: () => new PosixTime(1_000_000_000, 1));
        scratch.Write("f", "data");
        await scratch.SnapshotAsync("s1");
        scratch.ForgetReads();

        await scratch.SnapshotAsync("s2");

        Assert.Equal(["f"], scratch.Opened);
    }

    [Fact]
    public async Task A_file_that_never_holds_still_is_marked_and_read_again_later()
    {
        _scratch.Write("log", "start");
        _scratch.OnOpen = path => File.AppendAllText(_scratch.At(path), "more");

        SnapshotInfo first = await _scratch.SnapshotAsync("s1");
        Assert.Equal(3, _scratch.Opened.Count);
        Assert.Equal(Consistency.Unknown, first.Consistency);
        Assert.Contains("log", Assert.Single(first.Warnings), StringComparison.Ordinal);
        _scratch.OnOpen = null;
        _scratch.ForgetReads();
        SnapshotInfo second = await _scratch.SnapshotAsync("s2");

        Assert.Equal(["log"], _scratch.Opened);
        Assert.Equal(Consistency.PerFile, second.Consistency);
    }

    [Fact]
    public async Task A_file_that_changes_once_is_read_again_and_whole()
    {
        _scratch.Write("f", "old content");
        int calls = 0;
        _scratch.OnOpen = path =>
        {
            if (calls++ == 0)
            {
                File.WriteAllText(_scratch.At(path), "new content");
            }
        };

        SnapshotInfo snapshot = await _scratch.SnapshotAsync("s1");

        Assert.Equal(Consistency.PerFile, snapshot.Consistency);
        Assert.Empty(snapshot.Warnings);
        Assert.Equal("new content", File.ReadAllText(Path.Combine(await _scratch.CloneAsync(snapshot, "c"), "f")));
    }

    [Fact]
    public async Task A_file_that_vanishes_before_it_is_read_is_left_out()
    {
        _scratch.Write("a", "1");
        _scratch.Write("b", "2");
        _scratch.OnOpen = _ => File.Delete(_scratch.At("b"));

        SnapshotInfo snapshot = await _scratch.SnapshotAsync("s1");

        string clone = await _scratch.CloneAsync(snapshot, "c");
        Assert.True(File.Exists(Path.Combine(clone, "a")));
    }

    [Fact]
    public async Task An_unchanged_image_is_not_read_and_a_changed_one_stores_only_new_blocks()
    {
        string image = Path.Combine(_scratch.Root, "disk.img");
        byte[] content = new byte[4 << 20];
        new Random(5).NextBytes(content);
        File.WriteAllBytes(image, content);
        await _scratch.SnapshotAsync("s1", image);
        _scratch.ForgetReads();

        SnapshotInfo same = await _scratch.SnapshotAsync("s2", image);
        Assert.Empty(_scratch.Opened);
        using (FileStream file = File.OpenWrite(image))
        {
            file.Position = 1 << 20;
            file.Write(new byte[10]);
        }

        SnapshotInfo changed = await _scratch.SnapshotAsync("s3", image);

        Assert.Equal(0, same.Statistics!.BytesRead);
        Assert.Equal(content.Length, changed.Statistics!.BytesRead);
        Assert.InRange(changed.Statistics.BytesStored, 65_536, 200_000);
        string clone = await _scratch.CloneAsync(changed, "clone.img");
        Assert.Equal(File.ReadAllBytes(image), File.ReadAllBytes(clone));
    }

    [Fact]
    public async Task An_image_rolls_back_in_place()
    {
        string image = Path.Combine(_scratch.Root, "disk.img");
        byte[] content = new byte[1 << 20];
        new Random(6).NextBytes(content);
        File.WriteAllBytes(image, content);
        SnapshotInfo snapshot = await _scratch.SnapshotAsync("s1", image);
        File.WriteAllBytes(image, new byte[3 << 20]);

        await _scratch.Snapshots.RollbackAsync(snapshot.Ref, new RollbackOptions());

        Assert.Equal(content, File.ReadAllBytes(image));
    }
}
