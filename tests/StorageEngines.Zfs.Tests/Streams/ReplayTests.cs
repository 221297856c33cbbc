using System.Security.Cryptography;
using StorageEngines.Zfs.Streams;

namespace StorageEngines.Zfs.Tests.Streams;

/// <summary>The recorded streams, applied, give the bytes that were on the machine.</summary>
public sealed class ReplayTests
{
    private const int MiB = 1 << 20;

    [Fact]
    public void A_volume_is_what_it_was()
        => Assert.Equal(Sum("zvol-2"), Sha256(new Replay().Apply(Vector.Bytes("zvol-full-1")).Apply(Vector.Bytes("zvol-inc-1-2")).Object(1, 8 * MiB)));

    [Theory]
    [InlineData("lz4", "c")]
    [InlineData("lz4", "ce")]
    [InlineData("zstd", "c")]
    [InlineData("zstd", "ce")]
    public void A_compressed_volume_is_what_it_was(string compression, string flags)
        => Assert.Equal(Sum("zvol-" + compression + "-2"), Sha256(new Replay().Apply(Vector.Bytes($"zvol-{compression}-{flags}")).Object(1, 4 * MiB)));

    [Theory]
    [InlineData("more-gzip-1", 5)]
    [InlineData("more-gzip-9", 13)]
    [InlineData("more-lzjb", 3)]
    [InlineData("more-zle", 14)]
    [InlineData("more-full", null)]
    public void A_volume_of_every_other_compression_is_what_it_was(string name, int? compression)
    {
        Assert.Equal(Sum(name), Sha256(new Replay().Apply(Vector.Bytes(name)).Object(1, 4 * MiB)));
        Assert.True(compression is null || Compressions(name).Contains((ZfsCompression)compression));
    }

    [Fact]
    public void A_file_in_large_blocks_is_what_it_was()
    {
        ulong inode = ulong.Parse(Vector.Text("more-large.inode"), System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(Sum("more-large"), Sha256(new Replay().Apply(Vector.Bytes("more-large")).Object(inode, 1_500_000)));
    }

    [Theory]
    [InlineData("tank/v@1", "fs-full-1")]
    [InlineData("tank/v@2", "fs-full-1", "fs-inc-1-2")]
    [InlineData("tank/v@2", "fs-full-1", "fs-R-I-1-2")]
    [InlineData("tank/v@2", "fs-full-2-props")]
    public void Every_file_is_what_it_was(string snapshot, params string[] streams)
    {
        var replay = new Replay();
        foreach (string stream in streams)
        {
            replay.Apply(Vector.Bytes(stream));
        }

        IReadOnlyList<TruthTree.TruthFile> files = TruthTree.Files(snapshot);
        Assert.InRange(files.Count, 10, 20);
        Assert.All(files, file => Assert.Equal(file.Sha256, Sha256(replay.Object(file.Inode, file.Size))));
    }

    [Fact]
    public void Compressed_and_embedded_streams_say_what_the_plain_one_says()
    {
        var plain = new Replay().Apply(Vector.Bytes("fsc-inc-plain"));
        foreach (string flags in (string[])["c", "e", "Lec"])
        {
            var other = new Replay().Apply(Vector.Bytes("fsc-inc-" + flags));
            Assert.All(TruthTree.Files("tank/vc@2"), file => Assert.Equal(plain.Object(file.Inode, file.Size), other.Object(file.Inode, file.Size)));
        }
    }

    [Fact]
    public void Damaged_compressed_blocks_are_errors_that_name_the_record()
    {
        int refused = 0;
        var random = new Random(31);
        foreach (string name in (string[])["zvol-lz4-ce", "zvol-zstd-ce", "fsc-inc-Lec"])
        {
            byte[] stream = Vector.Bytes(name);
            for (int i = 0; i < 300; i++)
            {
                refused += Damage(stream, random) ? 1 : 0;
            }
        }

        Assert.InRange(refused, 100, 900);
    }

    private static HashSet<ZfsCompression> Compressions(string name)
    {
        var found = new HashSet<ZfsCompression>();
        ZfsSendReader reader = Vector.Open(name);
        while (reader.Read())
        {
            found.Add(reader.Type == ZfsRecordType.Write ? ZfsBlock.ReadWrite(reader.Record).Compression : ZfsCompression.Off);
        }

        return found;
    }

    internal static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    internal static string Sum(string name) => Vector.Text(name + ".sha256")[..64];

    // Damages the payload of one record; true if that was told.
    private static bool Damage(byte[] stream, Random random)
    {
        byte[] other = [.. stream];
        List<(int At, int Length)> payloads = [];
        ZfsSendReader reader = Vector.Open(stream);
        while (reader.Read())
        {
            if (reader.Type is ZfsRecordType.Write or ZfsRecordType.WriteEmbedded)
            {
                payloads.Add(((int)reader.RecordOffset + ZfsStreamFormat.RecordBytes, reader.PayloadBytes));
            }
        }

        (int at, int length) = payloads[random.Next(payloads.Count)];
        other[at + random.Next(Math.Min(length, 64))] ^= (byte)random.Next(1, 256);
        var expander = new ZfsBlockExpander();
        reader = Vector.Open(other, verify: false);
        try
        {
            while (reader.Read())
            {
                if (reader.Type is ZfsRecordType.Write or ZfsRecordType.WriteEmbedded)
                {
                    expander.Expand(reader);
                }
            }

            return false;
        }
        catch (CorruptDataException error)
        {
            Assert.Equal(at - ZfsStreamFormat.RecordBytes, error.Offset);
            return true;
        }
    }
}
