namespace StorageEngines.Tests;

/// <summary>Random images and changes to them; the same seed gives the same.</summary>
internal static class RandomImages
{
    internal static byte[] Make(Random random, int length)
    {
        var image = new byte[length];
        for (int i = 0; i < 4 && length > 0; i++)
        {
            (int at, int count) = Range(random, length);
            random.NextBytes(image.AsSpan(at, count));
        }

        return image;
    }

    /// <summary>A copy with some ranges written, some cleared, and perhaps another length.</summary>
    internal static byte[] Change(Random random, byte[] image, int maxLength)
    {
        int length = random.Next(3) == 0 ? random.Next(1, maxLength) : image.Length;
        var changed = new byte[length];
        image.AsSpan(0, Math.Min(length, image.Length)).CopyTo(changed);
        for (int i = random.Next(4); i > 0; i--)
        {
            (int at, int count) = Range(random, length);
            if (random.Next(3) == 0)
            {
                changed.AsSpan(at, count).Clear();
            }
            else
            {
                random.NextBytes(changed.AsSpan(at, count));
            }
        }

        return changed;
    }

    private static (int At, int Count) Range(Random random, int length)
    {
        int at = random.Next(length);
        return (at, random.Next(1, Math.Min(length - at, 1 + (length / 3)) + 1));
    }
}
