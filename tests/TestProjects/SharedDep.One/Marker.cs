namespace SharedDep;

/// <summary>Tells which version of this assembly the caller runs on.</summary>
public static class Marker
{
    public static string Version => "1.0";
}
