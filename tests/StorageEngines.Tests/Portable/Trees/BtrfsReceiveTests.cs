using System.Diagnostics;

namespace StorageEngines.Tests.Portable.Trees;

/// <summary>Our tree streams, read by somebody else: <c>btrfs receive</c> on a loop-mounted file system.</summary>
public sealed class BtrfsReceiveTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Receive_takes_a_whole_stream_and_the_differences_after_it(int seed)
    {
        using var scratch = new ScratchDirectory();
        string mount = await MountAsync(scratch);
        try
        {
            var tree = new MemoryTree(seed);
            SnapshotInfo? last = null;
            for (int round = 0; round < 4; round++)
            {
                tree.Change(round == 0 ? 80 : 30);
                SnapshotInfo snapshot = await tree.SnapshotAsync();
                string file = Path.Combine(scratch.Path, $"{round}.send");
                await using (FileStream stream = File.Create(file))
                {
                    await TreeDifferential.ExportAsync(tree.Engine, last, snapshot, stream, DifferentialFormat.BtrfsSend);
                }

                (int exit, string text) = await RunAsync("btrfs", "receive", "-e", "-f", file, mount);
                Assert.True(exit == 0, text);
                string received = Path.Combine(mount, snapshot.Ref.Name!);
                Assert.Equal(tree.Lines(), LiveTree.Read(BytePath.FromString(received)));

                await using FileStream again = File.OpenRead(file);
                await TreeDifferential.ApplyAsync(again, scratch.At("plain"), scratch.Options);
                (exit, text) = await RunAsync("rsync", "-aHAXn", "--checksum", "--delete", "-i", received + "/", Path.Combine(scratch.Path, "plain") + "/");
                Assert.Equal((0, ""), (exit, text));
                last = snapshot;
            }
        }
        finally
        {
            await RunAsync("umount", mount);
        }
    }

    private static async Task<string> MountAsync(ScratchDirectory scratch)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "backend missing: btrfs: mounting needs root");
        Assert.SkipUnless(Programs("btrfs", "mkfs.btrfs", "rsync"), "backend missing: btrfs: btrfs-progs and rsync are not installed");
        string image = Path.Combine(scratch.Path, "seng-test-ptree.img");
        string mount = Path.Combine(scratch.Path, "mount");
        Directory.CreateDirectory(mount);
        await using (FileStream file = File.Create(image))
        {
            file.SetLength(256L << 20);
        }

        (int made, string text) = await RunAsync("mkfs.btrfs", "-q", image);
        Assert.True(made == 0, text);
        (int mounted, string why) = await RunAsync("mount", "-o", "loop", image, mount);
        Assert.SkipUnless(mounted == 0, $"backend missing: btrfs: cannot mount an image here: {why}");
        return mount;
    }

    private static bool Programs(params string[] names)
        => names.All(n => new[] { "/usr/bin", "/usr/sbin", "/bin", "/sbin" }.Any(d => File.Exists(Path.Combine(d, n))));

    private static async Task<(int Exit, string Text)> RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, process.ExitCode == 0 ? output : output + await error);
    }
}
