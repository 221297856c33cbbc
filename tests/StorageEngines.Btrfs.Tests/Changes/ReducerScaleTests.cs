using System.Diagnostics;
using System.Globalization;
using System.Text;
using StorageEngines.Btrfs.Changes;
using StorageEngines.BtrfsStreams;

namespace StorageEngines.Btrfs.Tests.Changes;

/// <summary>A million files: memory stays bounded. Explicit, as it takes a while: run with <c>-explicit on</c>.</summary>
public sealed class ReducerScaleTests
{
    private const int Files = 1_000_000;
    private const long MostBytes = 256L << 20;

    [Theory(Explicit = true)]
    [InlineData("changed")]
    [InlineData("created")]
    [InlineData("removed")]
    [InlineData("renamed")]
    public async Task A_million_files_stay_under_256_MiB(string what)
    {
        string file = Path.GetTempFileName();
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        await WriteAsync(what, stream);
        stream.Position = 0;
        using var reducer = new ChangeReducer(new ReducerOptions());
        var clock = Stopwatch.StartNew();
        reducer.Read(new BtrfsSendReader(stream, "stream"), CancellationToken.None);
        TimeSpan read = clock.Elapsed;
        long count = 0, most = GC.GetTotalMemory(forceFullCollection: true);
        foreach (FileChange change in reducer.Changes(CancellationToken.None))
        {
            Assert.False(change.Path.IsRoot);
            if (++count % 250_000 == 0)
            {
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true));
            }
        }

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{what}: read {read.TotalSeconds:F2} s, listed {(clock.Elapsed - read).TotalSeconds:F2} s, {most >> 20} MiB live, process {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MiB at most");
        Assert.Equal(Files, count);
        Assert.True(most < MostBytes, $"{most >> 20} MiB");
    }

    private static async Task WriteAsync(string what, Stream output)
    {
        var writer = new BtrfsSendWriter(output);
        writer.Header();
        var id = Guid.NewGuid();
        writer.Begin(BtrfsCommand.Snapshot).Add(BtrfsAttribute.FilePath, "s"u8).Add(BtrfsAttribute.Uuid, id).Add(BtrfsAttribute.TransactionId, 1)
            .Add(BtrfsAttribute.CloneUuid, id).Add(BtrfsAttribute.CloneTransactionId, 1).End();
        for (int i = 0; i < Files; i++)
        {
            byte[] path = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"dir{i / 1000}/sub{i / 100 % 10}/a file of some name {i}"));
            One(writer, what, path, i);
            await writer.DrainAsync(CancellationToken.None);
        }

        await writer.CompleteAsync(CancellationToken.None);
    }

    private static void One(BtrfsSendWriter writer, string what, byte[] path, int i)
    {
        byte[] orphan = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"o{i + 257}-7-0"));
        switch (what)
        {
            case "created":
                writer.Begin(BtrfsCommand.MakeFile).Add(BtrfsAttribute.FilePath, orphan).Add(BtrfsAttribute.Inode, (ulong)i).End();
                writer.Begin(BtrfsCommand.Rename).Add(BtrfsAttribute.FilePath, orphan).Add(BtrfsAttribute.PathTo, path).End();
                break;
            case "removed":
                writer.Begin(BtrfsCommand.Unlink).Add(BtrfsAttribute.FilePath, path).End();
                return;
            case "renamed":
                byte[] other = [.. path, (byte)'+'];
                writer.Begin(BtrfsCommand.Link).Add(BtrfsAttribute.FilePath, other).Add(BtrfsAttribute.PathLink, path).End();
                writer.Begin(BtrfsCommand.Unlink).Add(BtrfsAttribute.FilePath, path).End();
                path = other;
                break;
        }

        if (what != "renamed")
        {
            writer.Begin(BtrfsCommand.UpdateExtent).Add(BtrfsAttribute.FilePath, path).Add(BtrfsAttribute.FileOffset, 4096).Add(BtrfsAttribute.Size, 8192).End();
            writer.Begin(BtrfsCommand.UpdateExtent).Add(BtrfsAttribute.FilePath, path).Add(BtrfsAttribute.FileOffset, 65536).Add(BtrfsAttribute.Size, 4096).End();
        }

        writer.Begin(BtrfsCommand.SetTimes).Add(BtrfsAttribute.FilePath, path).Add(BtrfsAttribute.AccessTime, default(UnixTime))
            .Add(BtrfsAttribute.ModificationTime, default(UnixTime)).Add(BtrfsAttribute.ChangeTime, default(UnixTime)).End();
    }
}
