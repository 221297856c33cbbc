using System.IO.Pipes;

namespace StorageEngines.Transport.Tests;

public sealed class OutputPipeTests
{
    [Fact]
    public async Task Pipe_takes_a_mebibyte_that_nobody_reads_yet()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has pipes of other sizes.");
        await using var reader = new AnonymousPipeServerStream(PipeDirection.In);
        await using var writer = new AnonymousPipeClientStream(PipeDirection.Out, reader.ClientSafePipeHandle);
        Assert.SkipUnless(OutputPipe.Enlarge(reader), "This login has too many large pipes (/proc/sys/fs/pipe-user-pages-soft).");
        Task written = Task.Run(() => writer.Write(new byte[OutputPipe.Bytes]));
        await written.WaitAsync(TimeSpan.FromSeconds(30));
        await reader.ReadExactlyAsync(new byte[OutputPipe.Bytes]);
    }

    [Fact]
    public void What_is_no_pipe_stays_as_it_is() => Assert.False(OutputPipe.Enlarge(Stream.Null));
}
