namespace StorageEngines.TarRsync.Walk;

/// <summary>A name in a listing, ready to be sorted.</summary>
/// <param name="First">
/// The eight bytes behind what all names of the listing begin with, as a big-endian number, zeroes behind a shorter one; NUL is in no name.
/// </param>
/// <param name="Start">Where the name begins in the listing's names; a NUL stands behind it.</param>
/// <param name="Length">Its length in bytes, without the NUL.</param>
internal readonly record struct NameKey(ulong First, int Start, int Length)
{
    private const int Few = 16;

    /// <summary>Sorts names by their bytes. By itself, because the framework's generic sort has to be compiled anew for this type at every start.</summary>
    internal static void Sort(Span<NameKey> keys, byte[] names)
    {
        // Counted by hand: code with the processor's own instruction for it in it is not compiled ahead of time.
        int patience = 2;
        for (int length = keys.Length; length > 1; length >>= 1)
        {
            patience += 2;
        }

        Sort(keys, names, patience);
    }

    /// <summary>Says whether two keys are of the same name.</summary>
    internal static bool IsSame(in NameKey a, in NameKey b, byte[] names)
        => a.First == b.First && names.AsSpan(a.Start, a.Length).SequenceEqual(names.AsSpan(b.Start, b.Length));

    private static void Sort(Span<NameKey> keys, byte[] names, int patience)
    {
        while (keys.Length > Few)
        {
            if (patience-- == 0)
            {
                // Names in an order made to defeat the median of three: the framework's sort has a bound.
                keys.Sort((a, b) => IsLess(a, b, names) ? -1 : IsLess(b, a, names) ? 1 : 0);
                return;
            }

            int cut = Partition(keys, names);

            // The smaller side by recursion, the larger one here: the stack stays short.
            if (cut < keys.Length - cut)
            {
                Sort(keys[..cut], names, patience);
                keys = keys[cut..];
            }
            else
            {
                Sort(keys[cut..], names, patience);
                keys = keys[..cut];
            }
        }

        for (int i = 1; i < keys.Length; i++)
        {
            NameKey key = keys[i];
            int at = i;
            for (; at > 0 && IsLess(key, keys[at - 1], names); at--)
            {
                keys[at] = keys[at - 1];
            }

            keys[at] = key;
        }
    }

    // Hoare's partition around the median of three; names in a directory differ, and come in the order of hashes or of the alphabet.
    private static int Partition(Span<NameKey> keys, byte[] names)
    {
        NameKey a = keys[0];
        NameKey b = keys[keys.Length / 2];
        NameKey c = keys[^1];
        NameKey pivot = IsLess(a, b, names)
            ? IsLess(b, c, names) ? b : IsLess(a, c, names) ? c : a
            : IsLess(a, c, names) ? a : IsLess(b, c, names) ? c : b;
        int left = 0;
        int right = keys.Length - 1;
        while (true)
        {
            while (IsLess(keys[left], pivot, names))
            {
                left++;
            }

            while (IsLess(pivot, keys[right], names))
            {
                right--;
            }

            if (left >= right)
            {
                return left;
            }

            (keys[left], keys[right]) = (keys[right], keys[left]);
            left++;
            right--;
        }
    }

    private static bool IsLess(in NameKey a, in NameKey b, byte[] names) => a.First != b.First
        ? a.First < b.First
        : names.AsSpan(a.Start, a.Length).SequenceCompareTo(names.AsSpan(b.Start, b.Length)) < 0;
}
