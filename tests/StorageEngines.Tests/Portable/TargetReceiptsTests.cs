namespace StorageEngines.Tests.Portable;

public sealed class TargetReceiptsTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly TargetReceipts _receipts;
    private readonly TargetReceipt _receipt = new(Guid.NewGuid(), BytePath.Parse(@"/a\x0ab\xff"), "file:1");

    public TargetReceiptsTests() => _receipts = new TargetReceipts(_scratch.State);

    [Fact]
    public void Receipt_comes_back_as_it_was_put()
    {
        File.WriteAllText(_scratch["image"], "x");
        Assert.Null(_receipts.Get(_scratch.Bytes("image")));
        _receipts.Put(_scratch.Bytes("image"), _receipt with { Applying = Guid.NewGuid() });
        _receipts.Put(_scratch.Bytes("image"), _receipt);
        Assert.Equal(_receipt, new TargetReceipts(_scratch.State).Get(_scratch.Bytes("image")));
    }

    [Fact]
    public void Receipt_follows_a_rename_and_not_a_replacement()
    {
        File.WriteAllText(_scratch["image"], "x");
        _receipts.Put(_scratch.Bytes("image"), _receipt);
        File.Move(_scratch["image"], _scratch["renamed"]);
        File.WriteAllText(_scratch["image"], "x");
        Assert.Equal(_receipt, _receipts.Get(_scratch.Bytes("renamed")));
        Assert.Null(_receipts.Get(_scratch.Bytes("image")));
    }

    [Fact]
    public void Removed_receipt_is_gone_and_removing_it_again_is_no_error()
    {
        File.WriteAllText(_scratch["image"], "x");
        _receipts.Remove(_scratch.Bytes("image"));
        _receipts.Put(_scratch.Bytes("image"), _receipt);
        _receipts.Remove(_scratch.Bytes("image"));
        _receipts.Remove(_scratch.Bytes("image"));
        Assert.Null(_receipts.Get(_scratch.Bytes("image")));
    }

    [Fact]
    public async Task State_directory_that_cannot_be_written_is_told_before_the_work()
    {
        File.WriteAllText(_scratch["taken"], "x");
        string state = _scratch["taken/state"];
        var engine = new FakeBlockEngine();
        SnapshotInfo image = engine.Add("image", new byte[5000]);
        var output = new MemoryStream();
        await BlockDifferential.ExportAsync(engine, null, image, output);
        output.Position = 0;
        var tree = new Trees.MemoryTree(1);
        SnapshotInfo snapshot = await tree.SnapshotAsync();
        Func<Task>[] attempts =
        [
            () => BlockRestore.RestoreAsync(engine, image, _scratch.Bytes("image"), new RestoreOptions { StateDirectory = state }),
            () => BlockDifferential.ApplyAsync(output, _scratch.Bytes("image"), new ApplyOptions { StateDirectory = state }),
            () => TreeRestore.RestoreAsync(tree.Engine, snapshot, _scratch.Bytes("tree"), new RestoreOptions { StateDirectory = state }),
        ];
        foreach (Func<Task> attempt in attempts)
        {
            StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(attempt);
            Assert.Contains("nothing was written", error.Message, StringComparison.Ordinal);
            Assert.Equal(["taken"], Directory.GetFileSystemEntries(_scratch.Path).Select(Path.GetFileName));
        }
    }

    [Fact]
    public void Damaged_receipt_is_named()
    {
        File.WriteAllText(_scratch["image"], "x");
        _receipts.Put(_scratch.Bytes("image"), _receipt);
        string file = Assert.Single(Directory.GetFiles(System.IO.Path.Combine(_scratch.State, "targets")));
        File.WriteAllText(file, "{");
        Assert.Equal(file, Assert.Throws<CorruptDataException>(() => _receipts.Get(_scratch.Bytes("image"))).DamagedObject);
        File.WriteAllText(file, """{"version":2}""");
        Assert.Equal(EngineReason.FormatTooNew, Assert.Throws<StorageEngineException>(() => _receipts.Get(_scratch.Bytes("image"))).Reason);
    }

    [Fact]
    public void Missing_target_is_an_error()
        => Assert.Equal(EngineStatus.NotFound, Assert.Throws<StorageEngineException>(() => _receipts.Get(_scratch.Bytes("nothing"))).Status);

    public void Dispose() => _scratch.Dispose();
}
