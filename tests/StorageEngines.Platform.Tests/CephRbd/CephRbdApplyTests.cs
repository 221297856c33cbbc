using System.Buffers.Binary;
using System.Text;
using StorageEngines.CephRbd;
using StorageEngines.CephRbd.Hosts.Native;
using StorageEngines.Transport;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>What an apply refuses leaves the image as it was: its bytes, its snapshots and what is noted, and nobody has it open afterwards. So does one that fails, or is cancelled, in the midst of its writes.</summary>
public sealed class CephRbdApplyTests
{
    // What is behind the end: seng-crc32c with one section, seng-source with two identities, seng-sha256 with the checksum.
    private const int SectionBytes = 12 + 4 + 4, SourceBytes = 12 + 37 + 37, ChecksumBytes = 12 + 32;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_damaged_or_cut_stream()
    {
        await using Receiver at = await Receiver.MakeAsync(21);
        var random = new Random(21);
        for (int i = 0; i < 12; i++)
        {
            byte[] damaged = [.. at.Increment];
            damaged[i < 4 ? damaged.Length - 1 - (i * 40) : random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            await at.RefusesAsync<CorruptDataException>(damaged, $"flip {i}");
        }

        int end = at.Increment.Length - SectionBytes - SourceBytes - ChecksumBytes;
        foreach (int length in new[] { 0, 5, 20, 1000, at.Increment.Length / 2, end - 1, end + 5, end + 20, end + SourceBytes, at.Increment.Length - 1 })
        {
            await at.RefusesAsync<CorruptDataException>(at.Increment[..length], $"{length} bytes");
        }

        await at.RefusesAsync<CorruptDataException>([.. at.Increment, 0], "a byte too many");
        await at.AcceptsAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_foreign_image_with_a_snapshot_of_the_same_name(bool byProgram)
    {
        await using Receiver at = await Receiver.MakeAsync(22, byProgram);
        (TestImage foreign, _, _) = await at.Scene.HistoryAsync(23);
        await at.Scene.RbdAsync("snap", "rm", "--no-progress", $"{foreign.Path}@b");
        await at.Scene.RbdAsync("snap", "rm", "--no-progress", $"{foreign.Path}@c");
        await at.Scene.RbdAsync("snap", "rollback", "--no-progress", $"{foreign.Path}@a");
        BaseMismatchException error = await at.RefusesAsync<BaseMismatchException>(at.Increment, "foreign", foreign);
        Assert.Contains("another snapshot", error.Message, StringComparison.Ordinal);

        TestImage without = await at.Scene.CreateAsync(20 << 20);
        error = await at.RefusesAsync<BaseMismatchException>(at.Increment, "no snapshot", without);
        Assert.Contains("has no snapshot 'a'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_image_that_was_changed_since_its_base(bool byProgram)
    {
        await using Receiver at = await Receiver.MakeAsync(24, byProgram);
        await at.Image.Writer.WriteAsync(7_654_321, new byte[] { 7 }, Cancel);
        BaseMismatchException error = await at.RefusesAsync<BaseMismatchException>(at.Increment, "changed head");
        Assert.Contains("was changed since", error.Message, StringComparison.Ordinal);
        await at.Image.Writer.ResizeAsync(19 << 20, Cancel);
        await at.RefusesAsync<BaseMismatchException>(at.Increment, "resized head");

        // The same bytes written again are a difference that is none.
        await at.Scene.RbdAsync("snap", "rollback", "--no-progress", $"{at.Image.Path}@a");
        await at.Image.Writer.WriteAsync(5_000_000, at.Base.AsMemory(5_000_000, 6_000_000), Cancel);
        Assert.Contains("\"offset\"", await at.Scene.RbdAsync("diff", "--from-snap", "a", "--format", "json", at.Image.Path), StringComparison.Ordinal);
        await at.AcceptsAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_image_that_somebody_has_open(bool byProgram)
    {
        await using Receiver at = await Receiver.MakeAsync(25, byProgram);
        (byte[], string) before = await at.Scene.StateAsync(at.Image);
        using (ImageHandle live = at.Image.Writer.Open())
        {
            SnapshotInUseException error = await Assert.ThrowsAsync<SnapshotInUseException>(() => at.Scene.ApplyAsync(at.Increment, at.Image));
            Assert.Contains("127.0.0.1:", Assert.Single(error.Blockers), StringComparison.Ordinal);
        }

        await at.Scene.RequireAsync(before, at.Image, "The image that was open");
        await at.AcceptsAsync();
    }

    [Fact]
    public async Task A_name_that_is_taken_or_missing()
    {
        await using Receiver at = await Receiver.MakeAsync(26);
        await at.Scene.RbdAsync("snap", "create", "--no-progress", $"{at.Image.Path}@b");
        StorageEngineException taken = await at.RefusesAsync<StorageEngineException>(at.Increment, "taken");
        Assert.Equal((EngineStatus.AlreadyExists, EngineReason.NameTaken), (taken.Status, taken.Reason));
        await at.Scene.RbdAsync("snap", "rm", "--no-progress", $"{at.Image.Path}@b");

        foreach (string? name in new[] { null, "", "b@c", "b/c" })
        {
            Assert.Equal(EngineStatus.InvalidArgument, (await at.RefusesAsync<StorageEngineException>(Nothing(name), $"name '{name}'")).Status);
        }

        await at.AcceptsAsync();
    }

    [Theory]
    [InlineData(false, "write")]
    [InlineData(false, "zero")]
    [InlineData(false, "flush")]
    [InlineData(false, "create snapshot")]
    [InlineData(true, "write")]
    [InlineData(true, "flush")]
    [InlineData(true, "create snapshot")]
    public async Task A_cancel_in_the_midst(bool byProgram, string where)
    {
        await using Receiver at = await Receiver.MakeAsync(27, byProgram);
        (byte[], string) before = await at.Scene.StateAsync(at.Image);
        using var cancel = new CancellationTokenSource();
        int steps = 0;
        at.Scene.Observe(async step =>
        {
            if (step == where && ++steps == (where == "write" ? 3 : 1))
            {
                await cancel.CancelAsync();
            }
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => at.Scene.ApplyAsync(at.Increment, at.Image, cancel.Token));
        at.Scene.Observe(null);
        Assert.True(cancel.IsCancellationRequested);
        await at.Scene.RequireAsync(before, at.Image, $"The image after a cancel at '{where}'");
        await at.AcceptsAsync();
    }

    [Theory]
    [InlineData(false, "write")]
    [InlineData(false, "note")]
    [InlineData(true, "write")]
    [InlineData(true, "note")]
    public async Task A_failure_in_the_midst(bool byProgram, string where)
    {
        await using Receiver at = await Receiver.MakeAsync(28, byProgram);
        (byte[], string) before = await at.Scene.StateAsync(at.Image);
        int steps = 0;
        at.Scene.Observe(step => step == where && ++steps == (where == "write" ? 4 : 1)
            ? throw new StorageEngineException(EngineStatus.ResourceExhausted, EngineReason.NoSpace, Recovery.OperatorAction, "The pool is full.") : default);
        StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(() => at.Scene.ApplyAsync(at.Increment, at.Image));
        at.Scene.Observe(null);
        Assert.Equal(EngineReason.NoSpace, error.Reason);
        Assert.Contains("was rolled back to 'a'", error.Message, StringComparison.Ordinal);
        await at.Scene.RequireAsync(before, at.Image, $"The image after a failure at '{where}'");
        await at.AcceptsAsync();
    }

    [Theory]
    [InlineData("librbd")]
    [InlineData("rbd")]
    public async Task A_user_who_may_only_read(string access)
    {
        await using Receiver at = await Receiver.MakeAsync(33);
        (byte[], string) before = await at.Scene.StateAsync(at.Image);
        byte[] nothing = Nothing("b");
        var settings = new Dictionary<string, string> { ["conf"] = at.Scene.Cluster.ConfPath, ["user"] = "seng-reader", ["access"] = access };
        await using IStorageEngine reader = new CephRbdEngineFactory().Create(new EngineContext(new LocalCommandRunner(), null!, null!, TimeProvider.System, settings));
        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(
            () => reader.Feature<IDifferentials>()!.ApplyAsync(new MemoryStream(nothing), at.Image.Ref, null, Cancel));
        Assert.True(error.Status is EngineStatus.PermissionDenied or EngineStatus.FailedPrecondition, error.ToString());
        Assert.DoesNotContain("half-written", error.Message, StringComparison.Ordinal);
        await at.Scene.RequireAsync(before, at.Image, "The image after somebody who may not");
    }

    [Fact]
    public async Task A_failure_to_roll_back_is_told()
    {
        await using Receiver at = await Receiver.MakeAsync(29);
        at.Scene.Observe(step => step is "flush" or "roll back" ? throw new StorageEngineException(EngineStatus.Unavailable, EngineReason.ConnectionLost, Recovery.Retry, $"No '{step}'.") : default);
        StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(() => at.Scene.ApplyAsync(at.Increment, at.Image));
        at.Scene.Observe(null);
        Assert.Equal((EngineStatus.DataLoss, true), (error.Status, error.OutcomeUnknown));
        Assert.Contains("No 'flush'. Putting", error.Message, StringComparison.Ordinal);
        Assert.Contains($"rbd snap rollback {at.Image.Path}@a", error.Message, StringComparison.Ordinal);
        await at.RefusesAsync<BaseMismatchException>(at.Increment, "half-written");
        await at.Scene.RbdAsync("snap", "rollback", "--no-progress", $"{at.Image.Path}@a");
        await at.AcceptsAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_full_stream(bool byProgram)
    {
        await using Receiver at = await Receiver.MakeAsync(30, byProgram);
        BaseMismatchException error = await at.RefusesAsync<BaseMismatchException>(at.OtherFull, "has snapshots");
        Assert.Contains("make a new image", error.Message, StringComparison.Ordinal);

        // Cancelled, an empty image is as it was; one that held something is empty then, which is told.
        TestImage image = await at.Scene.CreateAsync((3 << 20) + 512);
        (byte[], string) before = await at.Scene.StateAsync(image);
        await FailAsync<OperationCanceledException>(at, image);
        await at.Scene.RequireAsync(before, image, "The empty image after a cancel");
        Assert.Equal("[]", (await at.Scene.RbdAsync("diff", "--format", "json", image.Path)).Trim());

        await image.Writer.WriteAsync(1000, new byte[] { 1, 2, 3 }, Cancel);
        StorageEngineException gone = await FailAsync<StorageEngineException>(at, image);
        Assert.Equal(EngineStatus.Cancelled, gone.Status);
        Assert.Contains("what it held before the full stream is gone", gone.Message, StringComparison.Ordinal);
        await at.Scene.RequireAsync(before, image, "The image that was not empty after a cancel");

        await image.Writer.WriteAsync(0, Enumerable.Repeat((byte)9, 3 << 20).ToArray(), Cancel);
        await at.Scene.ApplyAsync(at.Full, image);
        await at.Scene.RequireContentAsync(at.Base, image, "a");
    }

    [Fact]
    public async Task A_full_stream_into_a_clone_leaves_nothing_of_its_parent()
    {
        await using Receiver at = await Receiver.MakeAsync(31);
        (TestImage parent, SnapshotInfo[] from, _) = await at.Scene.HistoryAsync(32);
        VolumeInfo clone = await at.Scene.Snapshots.CloneAsync(from[0].Ref, BytePath.FromString($"{parent.Path}-clone"), null, Cancel);
        TestImage image = await at.Scene.OpenAsync(clone.Ref.Name!);
        await at.Scene.ApplyAsync(at.Full, image);
        await at.Scene.RequireContentAsync(at.Base, image, "a");
    }

    // A difference from a to a snapshot of some name in which nothing changed, as another program writes it.
    private static byte[] Nothing(string? name)
    {
        byte[] text = Encoding.UTF8.GetBytes(name ?? ""), length = new byte[4], size = new byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
        BinaryPrimitives.WriteInt64LittleEndian(size, 20 << 20);
        return [.. "rbd diff v1\nf\u0001\0\0\0a"u8, .. name is null ? [] : (byte[])[(byte)'t', .. length, .. text], (byte)'s', .. size, (byte)'e'];
    }

    private static async Task<T> FailAsync<T>(Receiver at, TestImage image)
        where T : Exception
    {
        using var cancel = new CancellationTokenSource();
        int writes = 0;
        at.Scene.Observe(async step =>
        {
            if (step == "write" && ++writes == 3)
            {
                await cancel.CancelAsync();
            }
        });
        T error = await Assert.ThrowsAnyAsync<T>(() => at.Scene.ApplyAsync(at.Full, image, cancel.Token));
        at.Scene.Observe(null);
        return error;
    }

    /// <summary>An image that a full stream brought to the base of an increment.</summary>
    private sealed record Receiver(DifferenceScene Scene, TestImage Image, byte[] Full, byte[] OtherFull, byte[] Increment, byte[] Base, byte[] Target) : IAsyncDisposable
    {
        internal static async Task<Receiver> MakeAsync(int seed, bool byProgram = false)
        {
            DifferenceScene scene = await DifferenceScene.MakeAsync(byProgram);
            (_, SnapshotInfo[] from, byte[][] contents) = await scene.HistoryAsync(seed);
            TestImage image = await scene.CreateAsync(1 << 20);
            byte[] full = await scene.ExportAsync(null, from[0]);
            await scene.ApplyAsync(full, image);
            return new Receiver(scene, image, full, await scene.ExportAsync(null, from[1]), await scene.ExportAsync(from[0], from[1]), contents[0], contents[1]);
        }

        internal async Task<T> RefusesAsync<T>(byte[] stream, string what, TestImage? other = null)
            where T : Exception
        {
            (byte[], string) before = await Scene.StateAsync(other ?? Image);
            T error = await Assert.ThrowsAsync<T>(() => Scene.ApplyAsync(stream, other ?? Image));
            await Scene.RequireAsync(before, other ?? Image, $"The image after: {what}");
            return error;
        }

        internal async Task AcceptsAsync()
        {
            await Scene.ApplyAsync(Increment, Image);
            await Scene.RequireContentAsync(Target, Image, "b");
        }

        public ValueTask DisposeAsync() => Scene.DisposeAsync();
    }
}
