using System.Text;
using StorageEngines.TarRsync.Remote;

namespace StorageEngines.TarRsync.Tests.Remote;

public sealed class RsyncOutputTests
{
    // rsync 3.5.0: rsync -aHAXSx --info=progress2,stats2 --no-human-readable --outbuf=L --out-format='seng:%i %n' (shortened)
    private const string Seen =
        "seng:>f+++++++++ zlink\n\r              0   0%    0.00kB/s    0:00:00  \r              1  33%    0.98kB/s    0:00:00 (xfr#1, to-chk=1/4)\n"
        + "seng:>f+++++++++ \\#377\\#376#\\#134#012\n"
        + "seng:hf+++++++++ new\\#012line\n\r              2  66%    1.95kB/s    0:00:00 (xfr#2, to-chk=0/4)\n"
        + "seng:*deleting   old one\n\nNumber of files: 4 (reg: 3, dir: 1)\nTotal bytes sent: 82\nTotal bytes received: 206\n\nsent 82 bytes  received 206 bytes  576.00 bytes/sec\n";

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public async Task What_rsync_prints_is_understood_whatever_its_pieces_are(int piece)
    {
        List<(string Marks, byte[] Name)> items = [];
        long progress = 0;
        var output = new RsyncOutput { OnItem = (marks, name) => items.Add((marks, name)), OnProgress = done => progress = done };

        await output.ReadAsync(new Pieces(Encoding.ASCII.GetBytes(Seen), piece), CancellationToken.None);

        Assert.Equal([">f+++++++++", ">f+++++++++", "hf+++++++++", "*deleting  "], items.Select(item => item.Marks));
        Assert.Equal(["zlink"u8.ToArray(), [0xFF, 0xFE, .. "#\\#012"u8], "new\nline"u8.ToArray(), "old one"u8.ToArray()], items.Select(item => item.Name));
        Assert.Equal((288, 2), (output.Bytes, progress));
    }

    [Fact]
    public async Task A_line_without_end_is_refused_and_not_kept()
    {
        CorruptDataException error = await Assert.ThrowsAsync<CorruptDataException>(
            () => new RsyncOutput().ReadAsync(new MemoryStream(new byte[1 << 20]), CancellationToken.None));

        Assert.Contains("rsync", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_bytes_are_read_to_their_end()
    {
        var random = new Random(5);
        for (int round = 0; round < 2000; round++)
        {
            byte[] bytes = Encoding.ASCII.GetBytes(Seen);
            for (int i = random.Next(20); i >= 0; i--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            var output = new RsyncOutput { OnItem = (_, name) => Assert.NotEmpty(name) };
            await output.ReadAsync(new MemoryStream(bytes, 0, random.Next(bytes.Length)), CancellationToken.None);
            Assert.True(output.Bytes >= 0);
        }
    }

    [Theory]
    [InlineData(12, "rsync: connection unexpectedly closed (0 bytes received so far) [Receiver]", EngineStatus.Unavailable, EngineReason.ConnectionLost)]
    [InlineData(30, "rsync error: timeout in data send/receive (code 30)", EngineStatus.Unavailable, EngineReason.ConnectionLost)]
    [InlineData(255, "client_loop: send disconnect: Broken pipe", EngineStatus.Unavailable, EngineReason.ConnectionLost)]
    [InlineData(12, "bash: rsync: command not found", EngineStatus.FailedPrecondition, EngineReason.ToolMissing)]
    [InlineData(127, "sh: 1: rsync: not found", EngineStatus.FailedPrecondition, EngineReason.ToolMissing)]
    [InlineData(2, "protocol version mismatch -- is your shell clean?", EngineStatus.FailedPrecondition, EngineReason.ToolVersion)]
    [InlineData(4, "ACLs are not supported on this server", EngineStatus.FailedPrecondition, EngineReason.ToolVersion)]
    [InlineData(1, "--modify-window=-1: invalid numeric value", EngineStatus.FailedPrecondition, EngineReason.ToolVersion)]
    [InlineData(11, "write failed on \"/x\": No space left on device (28)", EngineStatus.ResourceExhausted, EngineReason.NoSpace)]
    [InlineData(23, "send_files failed to open \"/x\": Permission denied (13)", EngineStatus.PermissionDenied, EngineReason.None)]
    [InlineData(23, "read errors mapping \"/x\": Input/output error (5)", EngineStatus.Unknown, EngineReason.None)]
    public void Each_way_to_fail_is_told_apart(int code, string words, EngineStatus status, EngineReason reason)
    {
        StorageCommandException error = RsyncFailure.From(new CommandExit(code, words, words.Length, default), "me@there", "pull '/x'");

        Assert.Equal((status, reason, (int?)code, "me@there"), (error.Status, error.Reason, error.ExitCode, error.Host));
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_words_of_the_remote_shell_are_quoted_as_rsync_reads_them()
        => Assert.Equal("'ssh' '-i' 'a b''c' ''", RsyncArguments.Join(["ssh", "-i", "a b'c", ""]).ToString());

    private sealed class Pieces(byte[] content, int size) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            => base.ReadAsync(buffer[..Math.Min(buffer.Length, size)], cancellationToken);
    }
}
