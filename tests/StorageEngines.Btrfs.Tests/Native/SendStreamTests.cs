using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using StorageEngines.Btrfs.Native;
using StorageEngines.BtrfsStreams;
using StorageEngines.Platform.Tests.Btrfs;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Tests.Native;

/// <summary>Sends of a real snapshot whose stream is larger than the pipe.</summary>
public sealed partial class SendStreamTests : IDisposable
{
    private const int Files = 30_000;
    private const int ChildSignal = 17;
    private const int Signals = 40;

    private readonly BtrfsLoop _system = BtrfsLoop.MakeOrSkip();
    private readonly DirectoryHandle _snapshot;

    public SendStreamTests()
    {
        string volume = _system.MakeSubvolume("seng-test-volume");
        for (int i = 0; i < Files; i++)
        {
            File.WriteAllBytes(Path.Combine(volume, string.Create(CultureInfo.InvariantCulture, $"a file with a long name {i:D8}")), []);
        }

        string snapshot = Path.Combine(_system.Mount, "snapshot");
        BtrfsLoop.Btrfs("subvolume", "snapshot", "-r", volume, snapshot);
        _snapshot = DirectoryHandle.Open(Encoding.UTF8.GetBytes(snapshot));
    }

    public void Dispose()
    {
        _snapshot.Dispose();
        _system.Dispose();
    }

    [Fact]
    public void A_stream_is_whole_although_signals_come()
    {
        using SendStream stream = Send();
        Span<byte> first = stackalloc byte[1];
        Assert.Equal(1, stream.Read(first));
        int thread = ThreadId();
        using var all = new MemoryStream();
        all.Write(first);
        byte[] buffer = new byte[8192];
        for (int sent = 0; stream.Read(buffer) is var count and > 0;)
        {
            all.Write(buffer, 0, count);
            if (sent++ < Signals)
            {
                Assert.Equal(0, Signal(Environment.ProcessId, thread, ChildSignal));
            }
        }

        all.Position = 0;
        var reader = new BtrfsSendReader(all, "test");
        int made = 0;
        while (reader.Read())
        {
            made += reader.Command == BtrfsCommand.MakeFile ? 1 : 0;
        }

        Assert.Equal((1, Files), (reader.Streams, made));
    }

    [Fact]
    public void A_failure_is_thrown_at_the_end_of_the_stream()
    {
        using DirectoryHandle writable = DirectoryHandle.Open(Encoding.UTF8.GetBytes(Path.Combine(_system.Mount, "seng-test-volume")));
        using var stream = new SendStream(new SendRequest(writable, 0, [], SendMode.NoFileData, 1), CancellationToken.None);
        byte[] buffer = new byte[8192];
        PosixException failure = Assert.Throws<PosixException>(() =>
        {
            while (stream.Read(buffer) > 0)
            {
                // Only the end is of interest.
            }
        });
        Assert.Equal(Errno.EPERM, failure.Errno);
    }

    [Fact]
    public void Disposing_it_or_cancelling_a_read_ends_the_send_at_once()
    {
        var watch = Stopwatch.StartNew();
        using (SendStream stream = Send())
        {
            Assert.Equal(1, stream.Read(new byte[1]));
            watch.Restart();
        }

        Assert.True(watch.ElapsedMilliseconds < 500, $"{watch.ElapsedMilliseconds} ms");
        // The system takes the thread out of its list a moment after it has been joined.
        Assert.True(SpinWait.SpinUntil(() => ThreadId() == 0, TimeSpan.FromSeconds(10)), "the thread is still there");
        using var source = new CancellationTokenSource();
        using SendStream other = Send(source.Token);
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => other.Read(new byte[1]));
    }

    private static int ThreadId()
        => Directory.EnumerateDirectories("/proc/self/task")
            .Where(task => NameOf(task) == "btrfs send").Select(task => int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture)).FirstOrDefault();

    private static string NameOf(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm")).Trim();
        }
        catch (IOException)
        {
            return ""; // a thread of another test that has ended meanwhile
        }
    }

    [LibraryImport("libc", EntryPoint = "tgkill", SetLastError = true)]
    private static partial int Signal(int process, int thread, int signal);

    private SendStream Send(CancellationToken cancellationToken = default)
        => new(new SendRequest(_snapshot, 0, [], SendMode.NoFileData, SendSupport.Version), cancellationToken);
}
