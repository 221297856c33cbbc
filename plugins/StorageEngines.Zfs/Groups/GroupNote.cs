using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace StorageEngines.Zfs.Groups;

/// <summary>
/// What is noted on each member of a group, as the value of a property: <c>ID GUID,GUID,…</c>, the guids of all members' datasets. A snapshot that was sent to another dataset with its
/// properties is no member: its dataset's guid is not among them.
/// </summary>
/// <param name="Id">The group's id, <c>COUNT:DIGEST:POOL</c>.</param>
/// <param name="Members">The guids of the members' datasets, in order.</param>
internal sealed record GroupNote(string Id, IReadOnlyList<ulong> Members)
{
    private const int DigestLength = 32;

    /// <summary>The pool of the group when it was made.</summary>
    internal string Pool => Id.Split(':', 3)[2];

    /// <summary>The note for a group: the same for the same members and name.</summary>
    internal static GroupNote Of(string pool, IEnumerable<ulong> members, string name)
    {
        ulong[] ids = [.. members.Order()];
        string text = string.Join(',', ids.Select(id => id.ToString(CultureInfo.InvariantCulture)));
        string digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"seng-zfs-group\0{name}\0{text}")).AsSpan(0, DigestLength / 2));
        return new GroupNote(string.Create(CultureInfo.InvariantCulture, $"{ids.Length}:{digest}:{pool}"), ids);
    }

    /// <summary>Whether it is a group's id.</summary>
    internal static bool IsId(string id)
    {
        string[] parts = id.Split(':', 3);
        return parts.Length == 3 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0
            && parts[1].Length == DigestLength && parts[1].All(char.IsAsciiHexDigitLower) && Datasets.DatasetName.IsValid(parts[2]) && !parts[2].Contains('/');
    }

    /// <summary>Reads a note; null if it is none.</summary>
    internal static GroupNote? TryParse(string? text)
    {
        // The id ends before the last blank: a pool's name may hold one.
        int blank = text?.LastIndexOf(' ') ?? -1;
        if (blank <= 0 || !IsId(text![..blank]))
        {
            return null;
        }

        var members = new List<ulong>();
        foreach (string part in text[(blank + 1)..].Split(','))
        {
            if (!ulong.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out ulong id))
            {
                return null;
            }

            members.Add(id);
        }

        return new GroupNote(text[..blank], members);
    }

    /// <summary>The group's id, if a dataset is a member.</summary>
    internal string? GroupOf(ulong dataset) => Members.Contains(dataset) ? Id : null;

    /// <summary>The property's value.</summary>
    public override string ToString() => $"{Id} {string.Join(',', Members.Select(id => id.ToString(CultureInfo.InvariantCulture)))}";
}
