using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using StorageEngines.Zfs.Snapshots;
using StorageEngines.Zfs.Streams;

namespace StorageEngines.Zfs.Transfer;

/// <summary>
/// Where in a stream to begin: what <c>zfs send -t</c> takes and the property <c>receive_resume_token</c> says. Text of the form <c>1-CHECKSUM-LENGTH-BYTES</c>, in which the bytes are a
/// compressed list of names and values. OpenZFS 2.3, <c>module/zfs/dmu_recv.c</c> and <c>lib/libzfs/libzfs_sendrecv.c</c>.
/// </summary>
/// <param name="ObjectNumber">The object to begin with.</param>
/// <param name="Offset">Where in it, in bytes.</param>
/// <param name="Bytes">How many bytes of data were received; for estimates only.</param>
/// <param name="ToGuid">The guid of the snapshot that is sent.</param>
/// <param name="ToName">Its full name where it is sent, by which it is looked for at first.</param>
/// <param name="FromGuid">The guid of the base, snapshot or bookmark; 0 for a full stream.</param>
/// <param name="Flags">How the stream is sent.</param>
internal sealed record ResumeToken(ulong ObjectNumber, ulong Offset, ulong Bytes, ulong ToGuid, string ToName, ulong FromGuid, ResumeFlags Flags)
{
    private const string What = "resume token";
    private const int MostPackedBytes = 64 << 10;
    private const string Redaction = "redact_snaps";

    private static readonly (ResumeFlags Flag, string Name)[] Names =
    [
        (ResumeFlags.Embedded, "embedok"), (ResumeFlags.Compressed, "compressok"), (ResumeFlags.LargeBlocks, "largeblockok"), (ResumeFlags.Raw, "rawok"),
    ];

    /// <summary>Where a full stream of a volume's snapshot begins in the middle: blocks come as they are compressed.</summary>
    /// <param name="snapshot">The snapshot, whose key is loaded.</param>
    /// <param name="start">The first byte wanted; a multiple of the block size.</param>
    internal static ResumeToken OfVolume(ZfsSnapshot snapshot, long start)
        => new(ZfsChangeQuestion.VolumeData, (ulong)start, 0, snapshot.Guid, snapshot.FullName, 0, ResumeFlags.Compressed | ResumeFlags.Embedded | ResumeFlags.LargeBlocks);

    /// <summary>Reads a token.</summary>
    /// <param name="text">Its text.</param>
    /// <exception cref="CorruptDataException">It is none, it is damaged, or it is one of a redacted stream.</exception>
    internal static ResumeToken Parse(string text)
    {
        string[] parts = text.Trim().Split('-');
        if (parts.Length != 4 || parts[0] != "1"
            || !ulong.TryParse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong checksum)
            || !uint.TryParse(parts[2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint length)
            || length > MostPackedBytes || parts[3].Length > 2 * MostPackedBytes || !TryUnhex(parts[3], out byte[] packed))
        {
            throw Damaged("it is not of the form 1-CHECKSUM-LENGTH-BYTES");
        }

        if (Checksum(packed) != checksum)
        {
            throw Damaged("its checksum is wrong; it was not copied whole");
        }

        return Read(NameValueList.Parse(Inflate(packed, (int)length), What, 0));
    }

    /// <summary>The token's text.</summary>
    public override string ToString()
    {
        NameValueWriter list = new NameValueWriter().Number("object", ObjectNumber).Number("offset", Offset).Number("bytes", Bytes).Number("toguid", ToGuid).Text("toname", ToName);
        if (FromGuid != 0)
        {
            list.Number("fromguid", FromGuid);
        }

        foreach ((ResumeFlags flag, string name) in Names)
        {
            _ = Flags.HasFlag(flag) ? list.Flag(name) : list;
        }

        byte[] plain = list.ToArray();
        using var packed = new MemoryStream();
        using (var deflate = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflate.Write(plain);
        }

        byte[] bytes = packed.ToArray();
        return string.Create(CultureInfo.InvariantCulture, $"1-{Checksum(bytes):x}-{plain.Length:x}-{Convert.ToHexStringLower(bytes)}");
    }

    private static ResumeToken Read(NameValueList list)
    {
        if (list.Find(Redaction) is not null || list.Find("book_" + Redaction) is not null)
        {
            throw Damaged("it is of a redacted stream, of which a part is left out");
        }

        ResumeFlags flags = ResumeFlags.None;
        foreach ((ResumeFlags flag, string name) in Names)
        {
            flags |= list.Find(name) is null ? ResumeFlags.None : flag;
        }

        return new ResumeToken(
            Require(list, "object"), Require(list, "offset"), Require(list, "bytes"), Require(list, "toguid"),
            list.Text("toname") ?? throw Damaged("it has no 'toname'"), list.Number("fromguid") ?? 0, flags);
    }

    private static ulong Require(NameValueList list, string name) => list.Number(name) ?? throw Damaged($"it has no '{name}'");

    private static byte[] Inflate(byte[] packed, int length)
    {
        byte[] plain = new byte[length + 1];
        try
        {
            using var inflate = new ZLibStream(new MemoryStream(packed), CompressionMode.Decompress);
            int got = inflate.ReadAtLeast(plain, plain.Length, throwOnEndOfStream: false);
            return got == length ? plain[..length] : throw Damaged($"it does not unpack to the {length} bytes that it says");
        }
        catch (InvalidDataException)
        {
            throw Damaged("it does not unpack");
        }
    }

    // The first sum of fletcher-4: of whole words, what is left over does not count.
    private static ulong Checksum(ReadOnlySpan<byte> bytes)
    {
        ulong sum = 0;
        for (; bytes.Length >= 4; bytes = bytes[4..])
        {
            sum = unchecked(sum + BinaryPrimitives.ReadUInt32LittleEndian(bytes));
        }

        return sum;
    }

    private static bool TryUnhex(string text, out byte[] bytes)
    {
        bytes = new byte[text.Length / 2];
        return text.Length % 2 == 0 && Convert.FromHexString(text, bytes, out _, out int written) == System.Buffers.OperationStatus.Done && written == bytes.Length;
    }

    private static CorruptDataException Damaged(string detail) => new(What, null, detail);
}
