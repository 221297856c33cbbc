using System.Diagnostics;
using StorageEngines.Platform.Tests.Portable;
using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>Streams go between this engine, the program <c>rbd</c> and the portable format, in both directions, and bring the same bytes.</summary>
public sealed class CephRbdRoundTripTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ours_to_rbd(bool byProgram)
    {
        await using DifferenceScene scene = await DifferenceScene.MakeAsync(byProgram);
        (_, SnapshotInfo[] from, byte[][] contents) = await scene.HistoryAsync(byProgram ? 1 : 2);
        TestImage image = await scene.CreateAsync(1 << 20);
        for (int i = 0; i < from.Length; i++)
        {
            string file = await scene.FileAsync("stream", await scene.ExportAsync(i == 0 ? null : from[i - 1], from[i]));
            await scene.RbdAsync("import-diff", "--no-progress", file, image.Path);
            await scene.RequireContentAsync(contents[i], image, $"{(char)('a' + i)}");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rbd_to_ours(bool byProgram)
    {
        await using DifferenceScene scene = await DifferenceScene.MakeAsync(byProgram);
        (TestImage source, _, byte[][] contents) = await scene.HistoryAsync(byProgram ? 3 : 4);
        TestImage image = await scene.CreateAsync(1 << 20);
        for (int i = 0; i < contents.Length; i++)
        {
            string[] from = i == 0 ? [] : ["--from-snap", $"{(char)('a' + i - 1)}"];
            await scene.RbdAsync(["export-diff", "--no-progress", .. from, $"{source.Path}@{(char)('a' + i)}", scene.In("stream")]);
            SnapshotInfo brought = await scene.ApplyAsync(await File.ReadAllBytesAsync(scene.In("stream"), Cancel), image);
            File.Delete(scene.In("stream"));
            Assert.Equal($"{(char)('a' + i)}", brought.Ref.Name);
            await scene.RequireContentAsync(contents[i], image, $"{(char)('a' + i)}");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ours_to_ours_and_what_is_repeated_changes_nothing(bool byProgram)
    {
        await using DifferenceScene scene = await DifferenceScene.MakeAsync(byProgram);
        (TestImage source, SnapshotInfo[] from, byte[][] contents) = await scene.HistoryAsync(byProgram ? 5 : 6);
        TestImage image = await scene.CreateAsync(30 << 20, "--stripe-unit", "65536", "--stripe-count", "3");
        byte[] stream = [];
        SnapshotInfo? brought = null;
        for (int i = 0; i < from.Length; i++)
        {
            stream = await scene.ExportAsync(i == 0 ? null : from[i - 1], from[i]);
            brought = await scene.ApplyAsync(stream, image);
            Assert.Equal((image.Ref, $"{(char)('a' + i)}"), (brought.Ref.Volume, brought.Ref.Name));
            await scene.RequireContentAsync(contents[i], image, $"{(char)('a' + i)}");
        }

        (byte[], string) before = await scene.StateAsync(image);
        Assert.Equal(brought!.Ref, (await scene.ApplyAsync(stream, image)).Ref);
        await scene.RequireAsync(before, image, "The image after the same stream again");
        Assert.Equal(from[2].Ref, (await scene.ApplyAsync(stream, source)).Ref);

        // What was brought is a base for what comes after, whatever it is called now, and its note goes with it.
        await scene.RbdAsync("snap", "rename", $"{image.Path}@b", $"{image.Path}@x");
        await scene.RbdAsync("snap", "rm", "--no-progress", $"{image.Path}@c");
        await scene.RbdAsync("snap", "rollback", "--no-progress", $"{image.Path}@x");
        await scene.ApplyAsync(stream, image);
        await scene.RequireContentAsync(contents[2], image, "c");
        List<SnapshotInfo> all = await scene.Snapshots.ListAsync(image.Ref, null, Cancel).ToListAsync(Cancel);
        await scene.Snapshots.DeleteAsync(all[0].Ref, DeleteMode.Everything, Cancel);
        Assert.DoesNotContain($".source.{all[0].Ref.Id} ", await scene.RbdAsync("image-meta", "ls", image.Path), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_of_ours_merged_by_rbd()
    {
        RbdProgram rbd = RbdProgram.FindOrSkip();
        await using DifferenceScene scene = await DifferenceScene.MakeAsync();
        (_, SnapshotInfo[] from, byte[][] contents) = await scene.HistoryAsync(7);
        byte[] full = await scene.ExportAsync(null, from[0]);
        string first = await scene.FileAsync("one", await scene.ExportAsync(from[0], from[1])), second = await scene.FileAsync("two", await scene.ExportAsync(from[1], from[2]));
        await rbd.MergeAsync(first, second, scene.In("merged"));

        TestImage ours = await scene.CreateAsync(1 << 20), theirs = await scene.CreateAsync(1 << 20);
        await scene.ApplyAsync(full, ours);
        await scene.ApplyAsync(await File.ReadAllBytesAsync(scene.In("merged"), Cancel), ours);
        await scene.RequireContentAsync(contents[2], ours, "c");
        await scene.RbdAsync("import-diff", "--no-progress", await scene.FileAsync("full", full), theirs.Path);
        await scene.RbdAsync("import-diff", "--no-progress", scene.In("merged"), theirs.Path);
        await scene.RequireContentAsync(contents[2], theirs, "c");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Portable_to_ours(int version)
    {
        await using DifferenceScene scene = await DifferenceScene.MakeAsync();
        (_, SnapshotInfo[] from, byte[][] contents) = await scene.HistoryAsync(7 + version);
        TestImage image = await scene.CreateAsync(1 << 20);
        for (int i = 0; i < from.Length; i++)
        {
            using var stream = new MemoryStream();
            await BlockDifferential.ExportAsync(scene.Engine, i == 0 ? null : from[i - 1], from[i], new BlockExportOptions { Version = version }, stream, Cancel);
            SnapshotInfo brought = await scene.ApplyAsync(stream.ToArray(), image);
            Assert.Equal($"{SnapshotIdentity.Of(from[i].Ref)}", brought.Ref.Name);
            await scene.RequireContentAsync(contents[i], image, brought.Ref.Name!);
        }
    }

    [Fact]
    public async Task A_file_system_goes_to_an_image_and_from_there_to_a_file()
    {
        await using DifferenceScene scene = await DifferenceScene.MakeAsync();
        TestImage source = await scene.CreateAsync(24 << 20), image = await scene.CreateAsync(1 << 20);
        Directory.CreateDirectory(scene.In("tree"));
        await File.WriteAllBytesAsync(scene.In("tree/one"), Bytes(3_000_000), Cancel);
        byte[] first = await FormatAsync(scene, "first");
        await source.Writer.WriteAsync(0, first, Cancel);
        SnapshotInfo a = await scene.Snapshots.CreateAsync(new CreateSnapshotRequest(source.Ref, "a"), Cancel);
        await File.WriteAllBytesAsync(scene.In("tree/two"), Bytes(1_000_000), Cancel);
        byte[] second = await FormatAsync(scene, "second");
        await source.Writer.WriteAsync(0, second, Cancel);
        SnapshotInfo b = await scene.Snapshots.CreateAsync(new CreateSnapshotRequest(source.Ref, "b"), Cancel);

        var options = new ApplyOptions { StateDirectory = scene.In("state") };
        BytePath file = BytePath.FromString(scene.In("image"));
        foreach ((SnapshotInfo? from, SnapshotInfo to, byte[] content) in new[] { (null, a, first), (a, b, second) })
        {
            byte[] stream = await scene.ExportAsync(from, to);
            SnapshotInfo brought = await scene.ApplyAsync(stream, image);
            await scene.RequireContentAsync(content, image, brought.Ref.Name!);
            await BlockDifferential.ApplyAsync(new MemoryStream(stream), file, options, Cancel);
            byte[] result = await File.ReadAllBytesAsync(scene.In("image"), Cancel);
            ExtentOracle.AssertSame(content, result, "The image file");
            await RunAsync("e2fsck", "-fn", scene.In("image"));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_snapshot_that_is_removed_while_it_is_exported_is_an_error(bool isBase)
    {
        await using DifferenceScene scene = await DifferenceScene.MakeAsync();
        (TestImage source, SnapshotInfo[] from, _) = await scene.HistoryAsync(11);
        TransferPlan plan = await scene.Differentials.PlanAsync(from[0].ChangeToken, from[1].Ref, null, Cancel);
        int reads = 0;
        scene.Observe(async step =>
        {
            if (step == "read snapshot" && ++reads == 1)
            {
                await scene.RbdAsync("snap", "rm", "--no-progress", $"{source.Path}@{(isBase ? "a" : "b")}");
            }
        });
        using var output = new MemoryStream();
        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(() => scene.Differentials.ExportAsync(plan, output, null, Cancel));
        Assert.Contains(error.Reason, new[] { EngineReason.SnapshotMissing, EngineReason.BaseMissing });
        TestImage image = await scene.CreateAsync(1 << 20);
        await Assert.ThrowsAsync<CorruptDataException>(() => scene.ApplyAsync(output.ToArray(), image));
    }

    [Fact]
    public async Task Plans_say_what_cannot_be()
    {
        await using DifferenceScene scene = await DifferenceScene.MakeAsync();
        (_, SnapshotInfo[] from, _) = await scene.HistoryAsync(12);
        (_, SnapshotInfo[] others, _) = await scene.HistoryAsync(13);
        IDifferentials differentials = scene.Differentials;
        await Assert.ThrowsAsync<LineageBrokenException>(() => differentials.PlanAsync(from[1].ChangeToken, from[0].Ref, null, Cancel));
        await Assert.ThrowsAsync<LineageBrokenException>(() => differentials.PlanAsync(others[0].ChangeToken, from[1].Ref, null, Cancel));
        Assert.Equal(EngineStatus.InvalidArgument, (await Assert.ThrowsAsync<StorageEngineException>(() => differentials.PlanAsync(from[1].ChangeToken, from[1].Ref, null, Cancel))).Status);
        TransferPlan plan = await differentials.PlanAsync(null, from[1].Ref, "stale", Cancel);
        Assert.Contains("anew", plan.Steps[0], StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => differentials.ExportAsync(plan with { Format = "zfs-send" }, Stream.Null, null, Cancel));
    }

    private static byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private static async Task<byte[]> FormatAsync(DifferenceScene scene, string name)
    {
        await using (FileStream file = File.Create(scene.In(name)))
        {
            file.SetLength(24 << 20);
        }

        await RunAsync("mkfs.ext4", "-q", "-F", "-d", scene.In("tree"), scene.In(name));
        return await File.ReadAllBytesAsync(scene.In(name), Cancel);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync(Cancel);
        string output = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        Assert.True(process.ExitCode == 0, $"{program}: {await errors}{output}");
    }
}
