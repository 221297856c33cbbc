using System.Globalization;
using StorageEngines.Platform.Tests.Btrfs;
using StorageEngines.Platform.Tests.Btrfs.Tough;
using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>What an image of Ceph held is put into an image file on Btrfs, as a user does it: <c>storage-engines export</c> here and <c>storage-engines apply</c> there, in the portable format and in Ceph's own.</summary>
public sealed class CephRbdToBtrfsTests
{
    private const int MiB = 1 << 20, WrongState = 7;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("rbd")]
    [InlineData("native")]
    public async Task An_image_and_what_changed_in_it_come_to_a_file_that_is_as_sparse(string format)
    {
        await using Scene at = await Scene.MakeAsync(format);
        await at.ApplyAsync("full", 0);
        at.RequireContent(at.Contents[0], "full");
        Assert.InRange(at.AllocatedBytes, 13 * MiB, 14 * MiB);

        await at.ApplyAsync("increment", 0);
        at.RequireContent(at.Contents[1], "full and increment");
        Assert.InRange(at.AllocatedBytes, 5 * MiB, 6 * MiB); // Eight of them were discarded.
    }

    [Theory]
    [InlineData("rbd")]
    [InlineData("native")]
    public async Task An_increment_is_refused_by_a_file_that_is_not_the_base(string format)
    {
        await using Scene at = await Scene.MakeAsync(format);
        await at.ApplyAsync("full", 0);

        // Never restored by an apply, though it has the same bytes.
        File.Move(at.File, at.File + ".whole");
        File.Copy(at.File + ".whole", at.File);
        await RefusesAsync("a copy");

        // Changed since by one byte.
        File.Move(at.File + ".whole", at.File, overwrite: true);
        await using (FileStream file = File.OpenWrite(at.File))
        {
            file.Position = 50 * MiB;
            file.WriteByte(1);
        }

        await RefusesAsync("a changed file");

        // At the target already.
        File.Delete(at.File);
        await at.ApplyAsync("full", 0);
        await at.ApplyAsync("increment", 0);
        await RefusesAsync("the target");

        async Task RefusesAsync(string what)
        {
            byte[] before = await File.ReadAllBytesAsync(at.File, Cancel);
            (long allocated, DateTime written) = (at.AllocatedBytes, File.GetLastWriteTimeUtc(at.File));
            Assert.NotEmpty(await at.ApplyAsync("increment", WrongState));
            at.RequireContent(before, what);
            Assert.Equal((allocated, written), (at.AllocatedBytes, File.GetLastWriteTimeUtc(at.File)));
            Assert.Equal([at.File], Directory.EnumerateFiles(Path.GetDirectoryName(at.File)!).Where(each => !each.EndsWith(".whole", StringComparison.Ordinal)));
        }
    }

    /// <summary>An image with two snapshots, a stream of the first and one of what changed, and a Btrfs.</summary>
    private sealed record Scene(DifferenceScene Ceph, BtrfsLoop Btrfs, Tool Tool, byte[][] Contents) : IAsyncDisposable
    {
        internal string File => Path.Combine(Btrfs.Mount, "image");

        /// <summary>What of the file has a place on the disk.</summary>
        internal long AllocatedBytes
        {
            get
            {
                (int code, string text) = BtrfsLoop.Run("stat", "-c", "%b %B", File);
                Assert.True(code == 0, text);
                string[] numbers = text.Split(' ');
                return long.Parse(numbers[0], CultureInfo.InvariantCulture) * long.Parse(numbers[1], CultureInfo.InvariantCulture);
            }
        }

        internal static async Task<Scene> MakeAsync(string format)
        {
            var scene = new Scene(await DifferenceScene.MakeAsync(), BtrfsLoop.MakeOrSkip(), new Tool(), new byte[2][]);
            TestImage image = await scene.Ceph.CreateAsync((64 * MiB) + 512);
            await scene.WriteAsync(image, 0, 3 * MiB);
            await scene.WriteAsync(image, 20 * MiB, 10 * MiB);
            await scene.WriteAsync(image, (64 * MiB) + 511, 1);
            await scene.CutAsync(image, "a", 0);
            await image.Writer.DiscardAsync(20 * MiB, 8 * MiB, Cancel);
            await scene.WriteAsync(image, (40 * MiB) + 12_345, 100_000);
            await image.Writer.ResizeAsync((70 * MiB) + 512, Cancel);
            await scene.CutAsync(image, "b", 1);

            string address = $"ceph-rbd:{image.Path}?conf={scene.Ceph.Cluster.ConfPath}";
            (await scene.Tool.RunAsync("export", $"{address}@a", "-o", scene.Ceph.In("full"), "--format", format)).Expect(0);
            (await scene.Tool.RunAsync("export", $"{address}@b", "--base", "@a", "-o", scene.Ceph.In("increment"), "--format", format)).Expect(0);
            return scene;
        }

        /// <summary>Applies a stream.</summary>
        /// <returns>What it says of it that is an error.</returns>
        internal async Task<string> ApplyAsync(string stream, int exit) => (await Tool.RunAsync("apply", Ceph.In(stream), File)).Expect(exit).Error;

        internal void RequireContent(byte[] expected, string what)
        {
            byte[] bytes = System.IO.File.ReadAllBytes(File);
            ExtentOracle.AssertSame(expected, bytes, $"The file after: {what}");
        }

        public async ValueTask DisposeAsync()
        {
            Tool.Dispose();
            Btrfs.Dispose();
            await Ceph.DisposeAsync();
        }

        private async Task WriteAsync(TestImage image, int offset, int length)
        {
            byte[] bytes = new byte[length];
            new Random(offset).NextBytes(bytes);
            bytes[^1] = 1;
            await image.Writer.WriteAsync(offset, bytes, Cancel);
        }

        private async Task CutAsync(TestImage image, string name, int number)
        {
            await Ceph.Snapshots.CreateAsync(new CreateSnapshotRequest(image.Ref, name), Cancel);
            Contents[number] = await image.Writer.ReadAsync(Cancel);
        }
    }
}
