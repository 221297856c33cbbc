namespace StorageEngines.Tests.Portable.Rolling;

/// <summary>Files of several kinds, and others made of them by inserting, removing, moving, repeating and overwriting; the same seed gives the same.</summary>
internal static class RandomEdits
{
    /// <summary>Random, periodic or patchy content, or text of few different letters.</summary>
    internal static byte[] Make(Random random, int length)
    {
        var content = new byte[length];
        switch (random.Next(4))
        {
            case 0:
                random.NextBytes(content);
                break;
            case 1:
                int period = random.Next(1, 5000);
                var pattern = new byte[period];
                random.NextBytes(pattern);
                for (int i = 0; i < length; i++)
                {
                    content[i] = pattern[i % period];
                }

                break;
            case 2:
                return RandomImages.Make(random, length);
            default:
                for (int i = 0; i < length; i++)
                {
                    content[i] = (byte)('a' + (random.Next(100) < 90 ? i / 7 % 3 : random.Next(4)));
                }

                break;
        }

        return content;
    }

    internal static byte[] Edit(Random random, byte[] content)
    {
        var edited = new List<byte>(content);
        for (int i = random.Next(1, 8); i > 0; i--)
        {
            int at = random.Next(edited.Count + 1);
            int count = random.Next(edited.Count - at + 1) / random.Next(1, 20);
            List<byte> part = edited.GetRange(at, count);
            switch (random.Next(5))
            {
                case 0:
                    edited.InsertRange(at, Bytes(random, random.Next(3000)));
                    break;
                case 1:
                    edited.RemoveRange(at, count);
                    break;
                case 2:
                    edited.RemoveRange(at, count);
                    edited.InsertRange(random.Next(edited.Count + 1), part);
                    break;
                case 3:
                    edited.InsertRange(random.Next(edited.Count + 1), part);
                    break;
                default:
                    edited.RemoveRange(at, count);
                    edited.InsertRange(at, Bytes(random, count));
                    break;
            }
        }

        return [.. edited];
    }

    internal static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
