using StorageEngines.Zfs.Tests.Streams;
using StorageEngines.Zfs.Transfer;

namespace StorageEngines.Zfs.Tests.Transfer;

public sealed class VerifiedRelayTests
{
    private const string Losing = "more-spill";

    public static TheoryData<string> All => [.. Vector.All.Except([Losing])];

    [Theory]
    [MemberData(nameof(All))]
    public void A_whole_stream_is_passed_on_as_it_is(string name)
    {
        byte[] stream = Vector.Bytes(name);
        Assert.Equal(stream, Pass(stream, out Exception? failure));
        Assert.Null(failure);
    }

    [Theory]
    [InlineData("more-full")]
    [InlineData("zvol-lz4-ce")]
    [InlineData("fs-inc-1-2")]
    public void A_stream_that_is_cut_is_never_passed_on_to_its_end_record(string name)
    {
        byte[] stream = Vector.Bytes(name);
        for (int length = 0; length < stream.Length; length += length > stream.Length - 700 ? 1 : 1009)
        {
            byte[] passed = Pass(stream[..length], out Exception? failure);
            Assert.IsType<CorruptDataException>(failure);
            Assert.InRange(passed.Length, 0, stream.Length - 312);
            Assert.True(stream.AsSpan().StartsWith(passed));
        }
    }

    [Fact]
    public void A_record_after_which_a_checksum_is_wrong_is_not_passed_on()
    {
        byte[] stream = Vector.Bytes("zvol-full-1");
        for (int at = 0; at < stream.Length; at += 5003)
        {
            byte[] damaged = [.. stream];
            damaged[at] ^= 4;
            byte[] passed = Pass(damaged, out Exception? failure);
            Assert.IsType<CorruptDataException>(failure);
            Assert.InRange(passed.Length, 0, at);
        }
    }

    [Fact]
    public void What_follows_the_end_keeps_the_end_back()
    {
        byte[] stream = Vector.Bytes("more-full");
        byte[] passed = Pass([.. stream, 1], out Exception? failure);
        Assert.IsType<CorruptDataException>(failure);
        Assert.InRange(passed.Length, 0, stream.Length - 312);
    }

    [Fact]
    public void Attributes_that_receive_would_lose_are_not_passed_on()
    {
        _ = Pass(Vector.Bytes(Losing), out Exception? failure);
        Assert.Equal(2064, Assert.IsType<CorruptDataException>(failure).Offset - 16);
        Assert.Contains("attributes of object 2", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wait_for_a_silent_input_is_given_up()
    {
        using var cancel = new CancellationTokenSource();
        var pipe = new System.IO.Pipelines.Pipe();
        var relay = new VerifiedRelay(pipe.Reader.AsStream(), "stream", cancel.Token);
        Task run = Task.Run(() => relay.Run(_ => { }), TestContext.Current.CancellationToken);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
    }

    private static byte[] Pass(byte[] stream, out Exception? failure)
    {
        using var output = new MemoryStream();
        var relay = new VerifiedRelay(new MemoryStream(stream), "stream", CancellationToken.None);
        failure = Record.Exception(() => relay.Run(bytes => output.Write(bytes.Span)));
        Assert.Equal(output.Length, relay.Passed);
        return output.ToArray();
    }
}
