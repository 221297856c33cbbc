using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace StorageEngines.Portable.Rolling;

/// <summary>
/// XXH3-128 with the public secret and seed 0, of more than 240 bytes that come in parts (the specification in <c>doc/xxhash_spec.md</c> of the xxHash project). Not
/// safe for use by several threads.
/// </summary>
internal sealed class Xxh3Stream
{
    private const int Stripe = 64;
    private const int Block = 1024;
    private const ulong Prime64A = 0x9E3779B185EBCA87;
    private const ulong Prime64B = 0xC2B2AE3D27D4EB4F;
    private const uint Prime32A = 0x9E3779B1;
    private static readonly byte[] Secret = Convert.FromHexString(
        "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
        + "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
        + "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e");

    private readonly ulong[] _sums =
        [0xC2B2AE3D, Prime64A, Prime64B, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x85EBCA77, 0x27D4EB2F165667C5, Prime32A];

    private readonly byte[] _held = new byte[Stripe + Block]; // the last stripe of what was mixed, then what was not
    private int _count;
    private long _length;

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        _length += bytes.Length;
        if (_count + bytes.Length > Block)
        {
            int fill = _count > 0 ? Block - _count : 0;
            if (_count > 0)
            {
                bytes[..fill].CopyTo(_held.AsSpan(Stripe + _count));
                Mix(_held.AsSpan(Stripe));
                bytes = bytes[fill..];
                _count = 0;
            }

            // The last bytes are held back: what is the end gets another treatment.
            int whole = (bytes.Length - 1) / Block * Block;
            if (bytes.Length > 0 && whole > 0)
            {
                Mix(bytes[..whole]);
                bytes = bytes[whole..];
            }
        }

        bytes.CopyTo(_held.AsSpan(Stripe + _count));
        _count += bytes.Length;
    }

    /// <summary>The hash; nothing can be appended then.</summary>
    /// <exception cref="InvalidOperationException">There were 240 bytes or fewer.</exception>
    internal UInt128 Finish()
    {
        if (_length <= 240)
        {
            throw new InvalidOperationException("Up to 240 bytes XXH3 is another computation.");
        }

        MixStripes(_held.AsSpan(Stripe), (_count - 1) / Stripe, _sums);
        MixStripe(_held.AsSpan(_count, Stripe), Secret.AsSpan(Secret.Length - Stripe - 7), _sums);
        ulong low = Merge(11, unchecked((ulong)_length * Prime64A));
        return new UInt128(Merge(Secret.Length - Stripe - 11, ~unchecked((ulong)_length * Prime64B)), low);
    }

    private void Mix(ReadOnlySpan<byte> blocks)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Block..])
        {
            MixStripes(blocks, Block / Stripe, _sums);
            for (int i = 0; i < _sums.Length; i++)
            {
                ulong key = BinaryPrimitives.ReadUInt64LittleEndian(Secret.AsSpan(Secret.Length - Stripe + (8 * i)));
                _sums[i] = unchecked((_sums[i] ^ (_sums[i] >> 47) ^ key) * Prime32A);
            }

            if (blocks.Length == Block)
            {
                blocks[^Stripe..].CopyTo(_held);
            }
        }
    }

    private static void MixStripes(ReadOnlySpan<byte> bytes, int count, ulong[] sums)
    {
        if (!Avx2.IsSupported)
        {
            for (int i = 0; i < count; i++)
            {
                MixStripe(bytes[(i * Stripe)..], Secret.AsSpan(8 * i), sums);
            }

            return;
        }

        ReadOnlySpan<byte> checkedBytes = bytes[..(count * Stripe)];
        ref byte data = ref MemoryMarshal.GetReference(checkedBytes);
        ref byte secret = ref MemoryMarshal.GetArrayDataReference(Secret);
        Vector256<ulong> left = Vector256.Create(sums);
        Vector256<ulong> right = Vector256.Create(sums, 4);
        for (nuint i = 0; i < (nuint)count; i++)
        {
            left = Mixed(left, Vector256.LoadUnsafe(ref data, i * Stripe), Vector256.LoadUnsafe(ref secret, i * 8));
            right = Mixed(right, Vector256.LoadUnsafe(ref data, (i * Stripe) + 32), Vector256.LoadUnsafe(ref secret, (i * 8) + 32));
        }

        left.CopyTo(sums);
        right.CopyTo(sums, 4);
    }

    private static Vector256<ulong> Mixed(Vector256<ulong> sums, Vector256<byte> data, Vector256<byte> secret)
    {
        Vector256<ulong> key = (data ^ secret).AsUInt64();
        Vector256<ulong> swapped = Avx2.Shuffle(data.AsUInt32(), 0b01_00_11_10).AsUInt64();
        return sums + swapped + Avx2.Multiply(key.AsUInt32(), Avx2.ShiftRightLogical(key, 32).AsUInt32());
    }

    private static void MixStripe(ReadOnlySpan<byte> data, ReadOnlySpan<byte> secret, ulong[] sums)
    {
        for (int i = 0; i < sums.Length; i++)
        {
            ulong value = BinaryPrimitives.ReadUInt64LittleEndian(data[(8 * i)..]);
            ulong key = value ^ BinaryPrimitives.ReadUInt64LittleEndian(secret[(8 * i)..]);
            unchecked
            {
                sums[i ^ 1] += value;
                sums[i] += (uint)key * (key >> 32);
            }
        }
    }

    private ulong Merge(int at, ulong start)
    {
        unchecked
        {
            ulong sum = start;
            for (int i = 0; i < 4; i++)
            {
                ReadOnlySpan<byte> key = Secret.AsSpan(at + (16 * i));
                ulong high = Math.BigMul(
                    _sums[2 * i] ^ BinaryPrimitives.ReadUInt64LittleEndian(key), _sums[(2 * i) + 1] ^ BinaryPrimitives.ReadUInt64LittleEndian(key[8..]), out ulong low);
                sum += low ^ high;
            }

            sum = (sum ^ (sum >> 37)) * 0x165667919E3779F9;
            return sum ^ (sum >> 32);
        }
    }
}
