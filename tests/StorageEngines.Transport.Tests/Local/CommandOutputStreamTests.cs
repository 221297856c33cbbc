using StorageEngines.Streams;

namespace StorageEngines.Transport.Tests.Local;

/// <summary>A command's output that is closed while somebody reads it.</summary>
public sealed class CommandOutputStreamTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_command_that_is_cancelled_in_the_middle_of_a_read_is_cancelled_and_nothing_else(bool fails)
    {
        using var cancel = new CancellationTokenSource();
        var inner = new MeanwhileStream(cancel.Cancel, fails);
        using var output = new CommandOutputStream(inner, () => Task.CompletedTask, cancel.Token.ThrowIfCancellationRequested);
        Assert.Throws<OperationCanceledException>(() => output.Read(new byte[8]));
        await using var again = new CommandOutputStream(inner, () => Task.CompletedTask, cancel.Token.ThrowIfCancellationRequested);
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await again.ReadExactlyAsync(new byte[8], TestContext.Current.CancellationToken));
    }

    [Fact]
    public void An_error_of_the_stream_stays_one()
    {
        using var output = new CommandOutputStream(new MeanwhileStream(() => { }, fails: true), () => Task.CompletedTask, () => { });
        Assert.Throws<InvalidOperationException>(() => output.Read(new byte[8]));
    }

    // What a pipe does whose reader is completed between its read and its advance: it throws, or gives bytes that are somebody else's by then.
    private sealed class MeanwhileStream(Action meanwhile, bool fails) : ReadOnlyStream
    {
        public override int Read(Span<byte> buffer)
        {
            meanwhile();
            return fails ? throw new InvalidOperationException("Reading is not allowed after reader was completed.") : buffer.Length;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));
    }
}
