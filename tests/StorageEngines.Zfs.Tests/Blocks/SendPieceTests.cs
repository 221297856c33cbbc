using StorageEngines.Zfs.Blocks;
using StorageEngines.Zfs.Streams;
using StorageEngines.Zfs.Tests.Streams;

namespace StorageEngines.Zfs.Tests.Blocks;

public sealed class SendPieceTests
{
    private const int MiB = 1 << 20;

    // Full streams, or such from a base that held nothing, which is the same for what is read.
    [Theory]
    [InlineData("zvol-full-1", 8)]
    [InlineData("more-full", 4)]
    [InlineData("more-resumed", 8)]
    public void A_whole_stream_has_the_whole_volume(string name, int size)
    {
        (byte[] stream, ZfsChangeQuestion question, byte[] truth) = Read(name, size * MiB);
        var piece = SendPiece.Scan(stream, isCut: false, name, question, 0);
        Assert.Equal((0, question.CapacityBytes), (piece.From, piece.End));
        Assert.Equal(truth, ReadAll(piece));
    }

    [Theory]
    [InlineData("zvol-full-1", 8)]
    [InlineData("more-full", 4)]
    public void A_stream_that_is_cut_anywhere_has_the_volume_up_to_where_it_says(string name, int size)
    {
        (byte[] stream, ZfsChangeQuestion question, byte[] truth) = Read(name, size * MiB);
        long last = 0;
        for (int length = 0; length < stream.Length; length += length < 4000 ? 1 : 997)
        {
            SendPiece piece;
            try
            {
                piece = SendPiece.Scan(stream[..length], isCut: true, name, question, 0);
            }
            catch (CorruptDataException e)
            {
                Assert.Equal((0, length), (last, e.Offset)); // as long as no block is there
                continue;
            }

            Assert.InRange(piece.End, Math.Max(1, last), question.CapacityBytes);
            last = piece.End;
            if (length % 50 == 0)
            {
                Assert.Equal(truth[..(int)piece.End], ReadAll(piece));
            }
        }

        Assert.Equal(question.CapacityBytes, SendPiece.Scan(stream, isCut: true, name, question, 0).End);
    }

    [Fact]
    public void It_can_be_read_in_any_order()
    {
        (byte[] stream, ZfsChangeQuestion question, byte[] truth) = Read("more-full", 4 * MiB);
        var piece = SendPiece.Scan(stream, isCut: false, "stream", question, 0);
        var random = new Random(8);
        byte[] buffer = new byte[100_000];
        for (int i = 0; i < 300; i++)
        {
            int at = random.Next(truth.Length), wanted = 1 + random.Next(buffer.Length);
            int got = piece.Read(at, buffer.AsSpan(0, Math.Min(wanted, truth.Length - at)));
            Assert.InRange(got, 1, wanted);
            Assert.True(truth.AsSpan(at, got).SequenceEqual(buffer.AsSpan(0, got)), $"{got} bytes at {at}");
        }
    }

    [Fact]
    public void What_is_cut_but_was_to_be_whole_is_refused()
    {
        (byte[] stream, ZfsChangeQuestion question, _) = Read("zvol-full-1", 8 * MiB);
        Assert.Throws<CorruptDataException>(() => SendPiece.Scan(stream[..^1], isCut: false, "stream", question, 0));
        Assert.Throws<CorruptDataException>(() => SendPiece.Scan(stream[..100_000], isCut: false, "stream", question, 0));
    }

    [Fact]
    public void Another_snapshots_stream_is_refused()
    {
        (byte[] stream, ZfsChangeQuestion question, _) = Read("zvol-full-1", 8 * MiB);
        Assert.Throws<BaseMismatchException>(() => SendPiece.Scan(stream, isCut: false, "stream", question with { ToGuid = 5 }, 0));
    }

    [Fact]
    public void Damage_within_a_piece_is_found()
    {
        (byte[] stream, ZfsChangeQuestion question, _) = Read("zvol-full-1", 8 * MiB);
        for (int at = 400; at < 200_000; at += 7919)
        {
            byte[] damaged = stream[..210_000];
            damaged[at] ^= 1;
            Assert.Throws<CorruptDataException>(() => SendPiece.Scan(damaged, isCut: true, "stream", question, 0));
        }
    }

    internal static (byte[] Stream, ZfsChangeQuestion Question, byte[] Truth) Read(string name, int size)
    {
        byte[] stream = Vector.Bytes(name);
        ZfsSendReader reader = Vector.Open(stream);
        Assert.True(reader.Read());
        return (stream, new ZfsChangeQuestion(reader.Begin.FromGuid, reader.Begin.ToGuid, 1, 0, size, IsPart: true), new Replay().Apply(stream).Object(1, size));
    }

    private static byte[] ReadAll(SendPiece piece)
    {
        byte[] bytes = new byte[piece.End - piece.From];
        for (int at = 0; at < bytes.Length;)
        {
            int got = piece.Read(piece.From + at, bytes.AsSpan(at, Math.Min(10_000, bytes.Length - at)));
            Assert.InRange(got, 1, 10_000);
            at += got;
        }

        return bytes;
    }
}
