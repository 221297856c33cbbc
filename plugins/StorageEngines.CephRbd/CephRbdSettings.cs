using System.Globalization;
using StorageEngines.CephRbd.Blocks;

namespace StorageEngines.CephRbd;

/// <summary>The settings of an engine.</summary>
internal sealed record CephRbdSettings
{
    /// <summary>The setting that names the configuration.</summary>
    internal const string ConfigurationSetting = "conf";

    /// <summary>The setting that names the user.</summary>
    internal const string UserSetting = "user";

    /// <summary>The setting that names the keyring.</summary>
    internal const string KeyringSetting = "keyring";

    /// <summary>The setting that chooses the way to the cluster.</summary>
    internal const string AccessSetting = "access";

    /// <summary>The setting for how long a call may take.</summary>
    internal const string TimeoutSetting = "timeout";

    /// <summary>The setting for how many objects are asked at once.</summary>
    internal const string ParallelSetting = "parallel";

    /// <summary>How long a call may take if nothing is said; seconds.</summary>
    internal const int DefaultTimeoutSeconds = 30;

    /// <summary>How many objects are asked at once if nothing is said.</summary>
    internal const int DefaultParallel = 32;

    /// <summary>All settings, for help.</summary>
    internal static IReadOnlyList<EngineSetting> All { get; } =
    [
        new(ConfigurationSetting, "The cluster's configuration file, as an absolute path on the host that reaches the cluster. Default: what CEPH_CONF names, else /etc/ceph/ceph.conf."),
        new(UserSetting, "The cluster's user, e.g. client.backup or backup. Default: client.admin."),
        new(KeyringSetting, "The file with the user's key, as an absolute path on that host. Default: what the configuration says."),
        new(DiffModes.Setting, "How changes are looked for: hybrid (the object map, then exactly within the objects that it names; exactly throughout where the map cannot be trusted), exact, or whole-object (the map alone: whole objects of 4 MiB as a rule). Default: hybrid."),
        new(AccessSetting, "How the cluster is reached: librbd (in this process), rbd (by that program), or auto: librbd on this machine if it is installed, else rbd. Default: auto."),
        new(TimeoutSetting, $"How long one call to the cluster may take before it fails, in seconds: 1 to 3600. Default: {DefaultTimeoutSeconds}."),
        new(ParallelSetting, $"How many objects are asked at once: 1 to 256. Default: {DefaultParallel}."),
    ];

    /// <summary>The configuration file; null for Ceph's own choice.</summary>
    internal string? Configuration { get; init; }

    /// <summary>The user, with <c>client.</c>.</summary>
    internal string User { get; init; } = "client.admin";

    /// <summary>The keyring; null for what the configuration says.</summary>
    internal string? Keyring { get; init; }

    /// <summary>How changes are looked for.</summary>
    internal DiffMode Mode { get; init; }

    /// <summary>True for librbd, false for the program, null for librbd where it can be had.</summary>
    internal bool? UsesLibrary { get; init; }

    /// <summary>How long a call may take; seconds.</summary>
    internal int TimeoutSeconds { get; init; } = DefaultTimeoutSeconds;

    /// <summary>How many objects are asked at once.</summary>
    internal int Parallel { get; init; } = DefaultParallel;

    /// <summary>What makes two engines share a connection.</summary>
    internal string ConnectionKey => string.Join('\n', Configuration, User, Keyring, TimeoutSeconds.ToString(CultureInfo.InvariantCulture), Parallel.ToString(CultureInfo.InvariantCulture));

    /// <summary>Reads the settings.</summary>
    /// <exception cref="ArgumentException">One is wrong; the message names it.</exception>
    internal static CephRbdSettings Parse(IReadOnlyDictionary<string, string> settings) => new()
    {
        Configuration = Path(settings, ConfigurationSetting),
        User = UserOf(settings.GetValueOrDefault(UserSetting)),
        Keyring = Path(settings, KeyringSetting),
        Mode = DiffModes.Parse(settings.GetValueOrDefault(DiffModes.Setting)),
        UsesLibrary = settings.GetValueOrDefault(AccessSetting) switch
        {
            null or "auto" => null,
            "librbd" => true,
            "rbd" => false,
            string other => throw new ArgumentException($"The setting '{AccessSetting}' is '{other}'; give auto, librbd or rbd.", nameof(settings)),
        },
        TimeoutSeconds = Number(settings, TimeoutSetting, DefaultTimeoutSeconds, 3600),
        Parallel = Number(settings, ParallelSetting, DefaultParallel, 256),
    };

    private static string UserOf(string? text) => text switch
    {
        null => "client.admin",
        "" or "client." => throw new ArgumentException($"The setting '{UserSetting}' is empty; give a user such as client.backup.", nameof(text)),
        _ => text.StartsWith("client.", StringComparison.Ordinal) ? text : $"client.{text}",
    };

    private static string? Path(IReadOnlyDictionary<string, string> settings, string name)
        => !settings.TryGetValue(name, out string? path) ? null
            : path.StartsWith('/') ? path : throw new ArgumentException($"The setting '{name}' is '{path}'; give an absolute path.", nameof(settings));

    private static int Number(IReadOnlyDictionary<string, string> settings, string name, int otherwise, int most)
        => !settings.TryGetValue(name, out string? text) ? otherwise
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 && number <= most ? number
            : throw new ArgumentException($"The setting '{name}' is '{text}'; give a number from 1 to {most}.", nameof(settings));
}
