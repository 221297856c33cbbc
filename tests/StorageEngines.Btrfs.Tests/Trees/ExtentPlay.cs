using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Tests.Trees;

/// <summary>Does random things to files' extents and attributes: reflinks of ranges, also of old data from a snapshot, dedupe, preallocation, nodatacow, xattrs.</summary>
internal sealed class ExtentPlay(string directory, Random random)
{
    private const int Block = 4096;
    private const nuint CloneRange = 0x4020940D; // FICLONERANGE
    private const nuint Dedupe = 0xC0189436; // FIDEDUPERANGE
    private const nuint GetFlags = 0x80086601; // FS_IOC_GETFLAGS
    private const nuint SetFlags = 0x40086602; // FS_IOC_SETFLAGS
    private const ulong NoCopyOnWrite = 0x00800000; // FS_NOCOW_FL

    /// <summary>Does so many things.</summary>
    /// <param name="count">How many.</param>
    /// <param name="old">A snapshot from which old data is shared, or null.</param>
    internal void Play(int count, string? old)
    {
        while (count-- > 0)
        {
            List<string> files = Files(directory);
            if (files.Count > 0)
            {
                One(files, old);
            }
        }
    }

    private static List<string> Files(string directory) => [.. Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private static SafeFileHandle Open(string path) => File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);

    private void One(List<string> files, string? old)
    {
        string file = files[random.Next(files.Count)], other = files[random.Next(files.Count)];
        switch (random.Next(12))
        {
            case 0: Share(other, file); break;
            case 1 when old is not null: ShareOld(old, file); break;
            case 2: MakeEqual(other, file); break;
            case 3 or 4: Allocate(file, mode: random.Next(2)); break;
            case 5 when !Directory.Exists(file + "n"): NoCow(file + "n"); break;
            case 6 or 7: Attribute(file); break;
            case 8: Small(file); break;
            case 9: Rewrite(file); break;
            case 10: Long(file); break;
            default: Overwrite(file); break;
        }
    }

    // Whole small files lie in their items; a clone of one keeps its generation.
    private void Small(string file)
    {
        byte[] bytes = new byte[random.Next(2) == 0 ? 100 : random.Next(1, 1500)];
        random.NextBytes(bytes);
        File.WriteAllBytes(file, bytes);
        if (random.Next(2) == 0 && !Directory.Exists(file + "s"))
        {
            random.NextBytes(bytes);
            File.WriteAllBytes(file + "s", bytes);
        }
    }

    private void Rewrite(string file) => File.WriteAllBytes(file, File.ReadAllBytes(file));

    // Many extents, so that they take several leaves; and leaves of them that vanish at once.
    private void Long(string file)
    {
        using SafeFileHandle handle = Open(file);
        int count = random.Next(100, 700);
        byte[] bytes = new byte[Block];
        for (int i = 0; i < count; i++)
        {
            bytes[0] = (byte)random.Next(256);
            FileWriting.WriteAt(handle, bytes, 2L * i * Block);
        }

        Assert.Equal(0, Libc.Sync(handle));
        if (random.Next(2) == 0)
        {
            FileWriting.PunchHole(handle, random.Next(count) * (long)Block, random.Next(1, 2 * count) * (long)Block);
        }
    }

    private void Overwrite(string file)
    {
        using SafeFileHandle handle = Open(file);
        byte[] bytes = new byte[random.Next(1, 3) * Block];
        random.NextBytes(bytes);
        FileWriting.WriteAt(handle, bytes, random.Next(16) * Block);
        if (random.Next(3) == 0)
        {
            Assert.Equal(0, Libc.Sync(handle));
            FileWriting.WriteAt(handle, bytes, random.Next(16) * Block);
        }
    }

    private void Share(string source, string target)
    {
        using SafeFileHandle from = Open(source), to = Open(target);
        Clone(from, to, random.Next(8) * Block, random.Next(8) * Block, random.Next(1, 8) * Block);
        if (random.Next(3) == 0 && source != target)
        {
            Reflink.TryClone(from, to);
        }
    }

    private void ShareOld(string snapshot, string target)
    {
        List<string> files = Files(snapshot);
        if (files.Count == 0)
        {
            return;
        }

        using SafeFileHandle from = File.OpenHandle(files[random.Next(files.Count)]), to = Open(target);
        if (random.Next(2) == 0)
        {
            Reflink.TryClone(from, to);
        }
        else
        {
            int at = random.Next(8) * Block;
            Clone(from, to, at, at, random.Next(1, 8) * Block);
        }
    }

    // Ranges that cannot be shared (beyond the end, nodatacow with not nodatacow) are left alone by the kernel.
    private static void Clone(SafeFileHandle from, SafeFileHandle to, long source, long target, long length)
    {
        Span<byte> range = stackalloc byte[32];
        BinaryPrimitives.WriteInt64LittleEndian(range, from.DangerousGetHandle());
        BinaryPrimitives.WriteInt64LittleEndian(range[8..], source);
        BinaryPrimitives.WriteInt64LittleEndian(range[16..], length);
        BinaryPrimitives.WriteInt64LittleEndian(range[24..], target);
        _ = Libc.Control(to, CloneRange, ref MemoryMarshal.GetReference(range));
    }

    private static void MakeEqual(string source, string target)
    {
        if (source == target)
        {
            return;
        }

        byte[] bytes = File.ReadAllBytes(source);
        File.WriteAllBytes(target, bytes);
        using SafeFileHandle from = Open(source), to = Open(target);
        Assert.Equal(0, Libc.Sync(to));
        Span<byte> range = stackalloc byte[24 + 32];
        range.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(range[8..], bytes.Length / Block * Block);
        BinaryPrimitives.WriteUInt16LittleEndian(range[16..], 1);
        BinaryPrimitives.WriteInt64LittleEndian(range[24..], to.DangerousGetHandle());
        _ = Libc.Control(from, Dedupe, ref MemoryMarshal.GetReference(range));
    }

    private void Allocate(string file, int mode)
    {
        using SafeFileHandle handle = Open(file);
        Assert.Equal(0, Libc.Allocate(handle, mode, random.Next(20) * Block, random.Next(1, 40) * Block));
        if (random.Next(2) == 0)
        {
            Overwrite(file);
        }
    }

    private void NoCow(string file)
    {
        using SafeFileHandle handle = Open(file);
        if (Libc.Control(handle, GetFlags, out ulong flags) == 0)
        {
            _ = Libc.ControlWith(handle, SetFlags, (flags & 0xFFFFFFFF) | NoCopyOnWrite);
        }

        byte[] bytes = new byte[random.Next(1, 20_000)];
        random.NextBytes(bytes);
        FileWriting.WriteAt(handle, bytes, 0);
    }

    private void Attribute(string file)
    {
        using DirectoryHandle above = DirectoryHandle.Open(System.Text.Encoding.UTF8.GetBytes(Path.GetDirectoryName(file)!));
        byte[] name = System.Text.Encoding.UTF8.GetBytes(Path.GetFileName(file)), attribute = System.Text.Encoding.UTF8.GetBytes("user.a" + random.Next(3));
        if (random.Next(3) == 0)
        {
            Xattr.Remove(above, name, attribute);
        }
        else
        {
            Xattr.Set(above, name, attribute, new byte[random.Next(4) * 700]);
        }
    }
}
