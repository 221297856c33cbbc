using Microsoft.Win32.SafeHandles;

namespace StorageEngines.Hosting;

/// <summary>Finds the metadata in an assembly's file, and reads nothing else of it.</summary>
/// <remarks>ECMA-335, II.25. Implements: pread(2).</remarks>
internal static class PortableExecutable
{
    private const int MaxHeaders = 4096;
    private const int MaxMetadata = 256 << 20;
    private const int Wide = 0x20B, Narrow = 0x10B;
    private const int SectionSize = 40;

    /// <summary>The metadata; null if the file is no image, or an image without.</summary>
    /// <exception cref="ArgumentException">A header leads out of the file's first page.</exception>
    internal static byte[]? Metadata(SafeFileHandle file)
    {
        var headers = new byte[MaxHeaders];
        ReadOnlySpan<byte> head = headers.AsSpan(0, Fill(file, headers, 0));
        int coff = head.Length >= 64 && head.StartsWith("MZ"u8) ? checked(Word(head, 60) + 4) : 0;
        if (coff < 4 || coff > head.Length || !head[(coff - 4)..].StartsWith("PE\0\0"u8))
        {
            return null;
        }

        int optional = coff + 20;
        int sections = optional + Half(head, coff + 16);
        int directories = Half(head, optional) switch { Wide => optional + 112, Narrow => optional + 96, _ => sections };
        int cli = directories + (14 * 8);
        if (cli + 8 > sections || Word(head, directories - 4) < 15 || Word(head, cli) == 0)
        {
            return null;
        }

        ReadOnlySpan<byte> table = head[sections..];
        int count = Half(head, coff + 2);
        var header = new byte[16];
        return Offset(table, count, Word(head, cli)) is { } at && Fill(file, header, at) == header.Length
            && Offset(table, count, Word(header, 8)) is { } start && Word(header, 12) is > 0 and <= MaxMetadata and var length && length <= RandomAccess.GetLength(file) - start
            ? Whole(file, start, length)
            : null;
    }

    private static byte[]? Whole(SafeFileHandle file, long at, int length)
    {
        var metadata = new byte[length];
        return Fill(file, metadata, at) == length ? metadata : null;
    }

    // Where in the file lies what will lie at this place in memory.
    private static long? Offset(ReadOnlySpan<byte> sections, int count, int address)
    {
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> section = sections.Slice(i * SectionSize, SectionSize);
            long within = (long)(uint)address - (uint)Word(section, 12);
            if (within >= 0 && within < (uint)Word(section, 16))
            {
                return within + (uint)Word(section, 20);
            }
        }

        return null;
    }

    private static int Fill(SafeFileHandle file, byte[] buffer, long at)
    {
        int filled = 0;
        while (filled < buffer.Length && RandomAccess.Read(file, buffer.AsSpan(filled), at + filled) is > 0 and var read)
        {
            filled += read;
        }

        return filled;
    }

    private static int Half(ReadOnlySpan<byte> bytes, int at) => BitConverter.ToUInt16(bytes.Slice(at, 2));

    private static int Word(ReadOnlySpan<byte> bytes, int at) => BitConverter.ToInt32(bytes.Slice(at, 4));
}
